import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node';
import { GptImage2Trigger } from '../../nodes/GptImage2/GptImage2Trigger.node';
import { toItems } from '../../nodes/GptImage2/output/items';
import delivery from '../../nodes/GptImage2/__schema__/delivery.json';
import outputSchema from '../../nodes/GptImage2/__schema__/run.json';
import * as errors from '../../runflow/errors';
import * as inputRun from '../../runflow/inputRun';
import { runSchema } from '../../runflow/run';
import { apiFieldTables } from '../../scripts/docs/apiFields';
import { examples } from '../../scripts/docs/errors';
import { pages, written } from '../../scripts/docs/write';
import { messagesIn, readSources } from '../../scripts/docs/messages';
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

const textOf = (name: string) => readFileSync(join(__dirname, '..', '..', 'docs', name), 'utf8');

describe('the pages that a script writes parts of', () => {
	it.each(pages.map((page) => [basename(page.file), page] as const))(
		'has %s as the code has it now; if not: npm run docs',
		(_name, page) => {
			expect(readFileSync(page.file, 'utf8')).toBe(written(page));
		},
	);
});

describe('the page of fields', () => {
	it.each(Object.entries(seed))("has all of the vendor's fields under %s", (heading, fields) => {
		const section = apiFieldTables().split(`### ${heading}\n`)[1]?.split('\n### ')[0] ?? '';
		for (const field of fields) expect(section).toContain(`| \`${field}\` |`);
	});

	/** What a user doesn't fill in by itself. */
	const withoutRow: ReadonlySet<string> = new Set(['collection', 'hidden', 'notice']);

	it('has every field and option that the nodes show', () => {
		const shown = [GptImage2, GptImage2Trigger].flatMap((Node) =>
			new Node().description.properties.flatMap(({ displayName, name, options = [], type }) => [
				...(withoutRow.has(type) ? [] : [{ displayName, name }]),
				...options.flatMap((option) => ('type' in option ? [option] : [])),
			]),
		);
		const page = textOf('fields.md');
		const missing = shown
			.filter(({ name }) => name !== 'resource' && name !== 'operation')
			.filter(({ displayName }) => !page.includes(`\n| ${displayName} |`));
		expect(missing).toEqual([]);
	});

	it('has every key of an item in its example', () => {
		const example = textOf('fields.md').split('```json\n')[1]?.split('```')[0] ?? '';
		expect(Object.keys(JSON.parse(example) as object)).toEqual(
			Object.keys(outputSchema.properties),
		);
	});
});

describe('the page of errors', () => {
	it('has an example of every kind of error', () => {
		const kinds = Object.values({ ...errors, ...inputRun }).filter(
			(kind) => kind.prototype instanceof errors.RunflowError,
		);
		const explained = Object.values(examples).flatMap((part) => part.map(({ error }) => error));
		expect(kinds.filter((kind) => !explained.some((error) => error.constructor === kind))).toEqual(
			[],
		);
	});

	it('has every message that the nodes write themselves', () => {
		const page = textOf('errors.md');
		const replacedBeforeItIsSeen = 'The tool failed';
		const missing = messagesIn(readSources()).filter(
			(message) => message !== replacedBeforeItIsSeen && !page.includes(message),
		);
		expect(missing).toEqual([]);
	});
});

describe('the figures of the bench', () => {
	const names = readdirSync(join(__dirname, '..', '..', 'docs')).filter(
		(name) => name.endsWith('.md') && name !== 'benchmarks.md',
	);

	it.each([...names, '../README.md'])('stand on their own page only, not on %s', (name) => {
		expect(textOf(name).match(/\d ?ms\b|\d\.\d+ s\b/g) ?? []).toEqual([]);
	});
});

describe('the output schemas for the editor', () => {
	it('have the fields of an item, and no others', () => {
		const [item] = toItems({
			run: runSchema.parse(succeededRun),
			images: [],
			itemIndex: 0,
			output: { binaryField: 'data', includeRun: false, output: 'perImage', simplify: true },
		});
		// The run of this test has metadata, which most runs don't.
		const always = Object.keys(item?.json ?? {}).filter((key) => key !== 'metadata');
		expect(Object.keys(outputSchema.properties)).toEqual(always);
	});

	it('have the documented fields of a delivery', () => {
		expect(Object.keys(delivery.properties)).toEqual(
			expect.arrayContaining(['run_id', 'callback_url', 'status_code', 'attempts', 'payload']),
		);
	});
});
