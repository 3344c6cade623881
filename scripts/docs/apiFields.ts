import { z } from 'zod/v3';

import { toItems } from '../../nodes/GptImage2/output/items';
import { labelOf } from '../../nodes/GptImage2/fields/labels';
import { readCallback } from '../../runflow/callback';
import { editInputSchema, generateInputSchema, runRequestSchema } from '../../runflow/input';
import { runSchema } from '../../runflow/run';
import { completedCallback } from '../../test/fixtures/callbacks';
import { succeededRun } from '../../test/fixtures/answers';

/** Descriptions of the keys that the node sets itself or turns into something else. */
const inWords: Readonly<Record<string, string>> = {
	input: 'the fields of the node',
	image_urls: "'Input Data Field Name' (uploaded), 'Run ID' (of an earlier run) or 'Image URLs'",
	mask_url: "'Mask Data Field Name' (uploaded) or 'Mask URL'",
	image_size: "'Image Size'; 'Your Own Width and Height' shows 'Width' and 'Height'",
	callback_url: "'Callback URL' (Return Immediately), or n8n's resume URL (Suspend Until Callback)",
	client_ref: "'Client Reference', else made by the node",
	metadata: "'Metadata'",
	outputs:
		'`url`, `file_name`, `mime_type`, `width`, `height`, `image_index`, `image_count`, binary data',
	output: '`url`, `seed`, `timing`, `nsfw_detected` and the rest of the image, as above',
};

const output = {
	binaryField: 'data',
	includeRun: false,
	output: 'perImage' as const,
	simplify: false,
};
const run = runSchema.parse(succeededRun);
const [item] = toItems({ run, images: [], itemIndex: 0, output });
const itemKeys = new Set(Object.keys(item?.json ?? {}));

/** The node's field for a key that is sent. Throws if there is none, so that no key is left out. */
function fieldFor(key: string): string {
	const words = inWords[key];
	if (words !== undefined) return words;
	const label = labelOf([key]);
	if (label === key) throw new Error(`the node has no field for '${key}'`);
	return `'${label}'`;
}

/** What an item has for a key that is received. Throws if it has nothing. */
function itemKeyFor(key: string): string {
	const words = inWords[key];
	if (itemKeys.has(key)) return `\`${key}\``;
	if (words === undefined) throw new Error(`an item has nothing for '${key}'`);
	return words;
}

function describe(schema: z.ZodTypeAny): { values: string; fallback: string } {
	if (schema instanceof z.ZodDefault) {
		return {
			...describe(schema.removeDefault()),
			fallback: `\`${String(schema._def.defaultValue())}\``,
		};
	}
	if (schema instanceof z.ZodOptional) return { ...describe(schema.unwrap()), fallback: 'none' };
	if (schema instanceof z.ZodEffects) return describe(schema.innerType());
	if (schema instanceof z.ZodUnion) {
		const choices: z.ZodTypeAny[] = schema.options;
		return {
			values: choices.map((choice) => describe(choice).values).join(' or '),
			fallback: 'required',
		};
	}
	const values =
		schema instanceof z.ZodEnum
			? schema.options.map((option: string) => `\`${option}\``).join(', ')
			: schema._def.typeName.replace('Zod', '').toLowerCase();
	return { values, fallback: 'required' };
}

const sent = (schema: z.AnyZodObject) =>
	Object.entries<z.ZodTypeAny>(schema.shape).map(([key, part]) => {
		const { values, fallback } = describe(part);
		return `| \`${key}\` | ${values} | ${fallback} | ${fieldFor(key)} |`;
	});

const received = (keys: string[]) => keys.map((key) => `| \`${key}\` | ${itemKeyFor(key)} |`);

/** Every key of the API beside what the node has for it. Throws where it has nothing. */
export function apiFieldTables(): string {
	if (readCallback(Buffer.from(JSON.stringify(completedCallback))) === null)
		throw new Error('the fixture is not a callback');
	const sending = ['| API | Values | Default | Node |', '|---|---|---|---|'];
	const receiving = ['| API | Item |', '|---|---|'];
	return [
		'### Request parameters',
		'',
		...sending,
		...sent(runRequestSchema),
		'',
		'### Input of Generate',
		'',
		...sending,
		...sent(generateInputSchema),
		'',
		'### Input of Edit',
		'',
		...sending,
		...sent(editInputSchema),
		'',
		'### Output',
		'',
		...receiving,
		...received(Object.keys(succeededRun.output)),
		'',
		'### Callback payload',
		'',
		...receiving,
		...received(Object.keys(completedCallback)),
	].join('\n');
}
