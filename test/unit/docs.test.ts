import { readFileSync } from 'node:fs';

import { toItems } from '../../nodes/GptImage2/output/items';
import delivery from '../../nodes/GptImage2/__schema__/delivery.json';
import outputSchema from '../../nodes/GptImage2/__schema__/run.json';
import { runSchema } from '../../runflow/run';
import { fieldTable, page } from '../../scripts/fieldTable';
import { succeededRun } from '../fixtures/answers';

/** The vendor's field names, typed by hand from its page. */
const seed = {
	'Request parameters': ['input', 'callback_url', 'metadata'],
	'Input of Generate': [
		'prompt',
		'num_images',
		'output_format',
		'image_size',
		'quality',
		'sync_mode',
	],
	'Input of Edit': ['image_urls', 'mask_url'],
	Output: ['outputs', 'seed', 'timing', 'nsfw_detected'],
	'Callback payload': [
		'event',
		'run_id',
		'status',
		'output',
		'duration_ms',
		'created_at',
		'completed_at',
		'metadata',
	],
};

describe('the field-by-field page', () => {
	it('is the one generated from the schemas', () => {
		expect(readFileSync(page, 'utf8')).toBe(fieldTable());
	});

	it.each(Object.entries(seed))("has all of the vendor's fields under %s", (heading, fields) => {
		const section = fieldTable().split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
		for (const field of fields) expect(section).toContain(`| \`${field}\` |`);
	});
});

describe('the output schemas for the editor', () => {
	it('have the fields of an item, and no others', () => {
		const [item] = toItems({
			run: runSchema.parse(succeededRun),
			images: [],
			itemIndex: 0,
			output: { binaryField: 'data', includeRun: false, output: 'perImage' },
		});
		expect(Object.keys(outputSchema.properties)).toEqual(Object.keys(item?.json ?? {}));
	});

	it('have the documented fields of a delivery', () => {
		expect(Object.keys(delivery.properties)).toEqual(
			expect.arrayContaining(['run_id', 'callback_url', 'status_code', 'attempts', 'payload']),
		);
	});
});
