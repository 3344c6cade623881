import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { apiFieldTables } from './apiFields';
import { errorTables } from './errors';
import { nodeFieldTables } from './nodeFields';
import { fillParts } from './parts';

const folder = join(__dirname, '..', '..', 'docs');

/** The pages with parts that this script writes, and what goes into them. */
export const pages = [
	{
		file: join(folder, 'fields.md'),
		parts: () => ({ ...nodeFieldTables(), 'field by field': apiFieldTables() }),
	},
	{ file: join(folder, 'errors.md'), parts: errorTables },
];

/** A page as it should be. Throws if a part has no place in it, or a place has no part. */
export function written({ file, parts }: (typeof pages)[number]): string {
	return fillParts(readFileSync(file, 'utf8'), parts());
}

if (require.main === module) {
	for (const page of pages) writeFileSync(page.file, written(page));
}
