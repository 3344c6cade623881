import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { contractFile, currentContract, readContract } from './contract';
import { breaksOf } from './contractBreaks';
import { apiFieldTables } from './apiFields';
import { errorTables } from './errors';
import { nodeFieldTables } from './nodeFields';
import { fillParts } from './parts';
import { simulatorTables } from './simulatorOptions';

const folder = join(__dirname, '..', '..', 'docs');

/** The pages with parts that this script writes, and what goes into them. */
export const pages = [
	{
		file: join(folder, 'fields.md'),
		parts: () => ({ ...nodeFieldTables(), 'field by field': apiFieldTables() }),
	},
	{ file: join(folder, 'errors.md'), parts: errorTables },
	{ file: join(folder, 'simulator.md'), parts: simulatorTables },
];

/** A page as it should be. Throws if a part has no place in it, or a place has no part. */
export function written({ file, parts }: (typeof pages)[number]): string {
	return fillParts(readFileSync(file, 'utf8'), parts());
}

/** The contract as it is to be committed. */
export function writtenContract(): string {
	return `${JSON.stringify(currentContract(), null, '\t')}\n`;
}

/** Writes the pages; the contract only if it keeps what it has, or if breaking it is meant. Returns an exit code. */
function main(isBreakMeant: boolean): number {
	for (const page of pages) writeFileSync(page.file, written(page));
	const breaks = existsSync(contractFile) ? breaksOf(readContract(), currentContract()) : [];
	if (breaks.length > 0) console.log(`This breaks saved workflows:\n${breaks.join('\n')}`);
	if (breaks.length > 0 && !isBreakMeant) {
		console.log('docs/contract.json stays as it was. If this is meant: npm run docs -- --break');
		return 1;
	}
	writeFileSync(contractFile, writtenContract());
	return 0;
}

if (require.main === module) process.exit(main(process.argv.includes('--break')));
