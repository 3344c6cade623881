import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { editFields, generateFields } from '../../nodes/GptImage2/fields/image';
import { optionsFields } from '../../nodes/GptImage2/fields/options';
import { runFields } from '../../nodes/GptImage2/fields/run';
import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node';
import { labelOf } from '../../nodes/GptImage2/fields/labels';
import { channelSizes } from '../../nodes/GptImage2/imageSizes';
import { imageNumberSchema } from '../../nodes/GptImage2/parameters/values';
import { runIdSchema } from '../../nodes/GptImage2/parameters/run';
import { editInputSchema, generateInputSchema } from '../../runflow/input';
import { runId } from '../fixtures/answers';

const camelCase = (name: string) =>
	name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
const values = (property?: INodeProperties) =>
	(property?.options ?? []).flatMap((option) => ('value' in option ? [option.value] : []));

/** What the schema says about a key: its default, its allowed values if they are listed, its field type. */
function described(schema: z.ZodTypeAny): { default?: unknown; values?: string[]; type: string } {
	if (schema instanceof z.ZodDefault) {
		return { ...described(schema.removeDefault()), default: schema._def.defaultValue() };
	}
	if (schema instanceof z.ZodEffects) return described(schema.innerType());
	if (schema instanceof z.ZodUnion) {
		const choices: Array<ReturnType<typeof described>> = schema.options.map(described);
		return choices.find((choice) => choice.values) ?? { type: 'unknown' };
	}
	if (schema instanceof z.ZodEnum) return { values: schema.options, type: 'options' };
	if (schema instanceof z.ZodString) return { type: 'string' };
	if (schema instanceof z.ZodNumber) return { type: 'number' };
	if (schema instanceof z.ZodBoolean) return { type: 'boolean' };
	return { type: 'unknown' };
}

/** Fields that stand for another key, or for a part of one. */
const partOf: Record<string, string> = {
	width: 'imageSize',
	height: 'imageSize',
	inputSource: 'imageUrls',
	inputBinaryFields: 'imageUrls',
	inputUrls: 'imageUrls',
	inputUrlRows: 'imageUrls',
	inputRunId: 'imageUrls',
	inputImageNumber: 'imageUrls',
};

/** Values of 'Image Size' that are sent as a width and a height. */
const isOfNodeOnly = (value: unknown) =>
	value === 'custom' || channelSizes.some((size) => size.value === value);

/** Keys that are options of the node, not fields. */
const inOptions = new Set(['mask_url']);

describe.each([
	['generate', generateInputSchema, generateFields],
	['edit', editInputSchema, editFields],
])('the fields of %s and the schema of its input', (_name, schema, fields) => {
	const field = (name: string) => fields.find((candidate) => candidate.name === name);
	const keys = Object.entries<z.ZodTypeAny>(schema.shape).filter(([key]) => !inOptions.has(key));

	it('name the same things, and no others', () => {
		const ofNode = new Set(fields.map(({ name }) => partOf[name] ?? name));
		expect([...ofNode].sort()).toEqual(keys.map(([key]) => camelCase(key)).sort());
	});

	it.each(keys.filter(([key]) => key !== 'image_urls'))(
		'agree on the type, the values and the default of %s',
		(key, part) => {
			const property = field(camelCase(key));
			const expected = described(part);
			const { type } = property ?? {};
			// The schema's 'sync_mode' is hidden here, and shown among the options.
			expect(type === 'hidden' ? 'boolean' : type).toBe(expected.type);
			if (expected.values) {
				const own = values(property).filter((value) => !isOfNodeOnly(value));
				expect(own.sort()).toEqual([...expected.values].sort());
			}
			expect(property?.default).toBe('default' in expected ? expected.default : '');
			expect(property?.required ?? false).toBe(!('default' in expected));
		},
	);

	it('agree on which size is a custom size', () => {
		expect(values(field('imageSize'))).toContain('custom');
		for (const edge of ['width', 'height']) {
			expect(field(edge)?.displayOptions?.show).toMatchObject({ imageSize: ['custom'] });
		}
	});
});

describe('the options of edit', () => {
	it('hold what the schema has besides the fields', () => {
		const options = optionsFields
			.flatMap(({ options: list }) => list ?? [])
			.map(({ name }) => name);
		expect(options).toEqual(expect.arrayContaining(['maskUrl', 'maskBinaryField']));
		expect(Object.keys(editInputSchema.shape).filter((key) => inOptions.has(key))).toEqual([
			'mask_url',
		]);
	});
});

describe("the fields 'Run ID'", () => {
	const locators = [...editFields, ...runFields].filter(({ type }) => type === 'resourceLocator');
	const { methods } = new GptImage2();

	it('are those of edit and of the operations on runs', () => {
		expect(locators.map(({ name }) => name)).toEqual(['inputRunId', 'runId']);
	});

	it.each(locators.map((field): [string, INodeProperties] => [field.name, field]))(
		'list runs by a method that the node has, and accept by ID what the schema accepts: %s',
		(_name, { default: unset, modes = [] }) => {
			const [list, byId] = modes;
			expect([list?.name, byId?.name]).toEqual(['list', 'id']);
			expect(Object.keys(methods.listSearch)).toContain(list?.typeOptions?.searchListMethod);
			const { regex } = z
				.object({ properties: z.object({ regex: z.string() }) })
				.parse(byId?.validation?.[0]).properties;
			for (const text of [runId, runId.toUpperCase(), ` ${runId}\n`, 'x', `${runId}x`, '']) {
				const accepted = runIdSchema.safeParse({ mode: 'id', value: text }).success;
				expect([text, new RegExp(`^${regex}$`).test(text)]).toEqual([text, accepted]);
			}
			expect(runIdSchema.safeParse(unset).success).toBe(false);
		},
	);

	it('count images as the schema does', () => {
		const field = editFields.find(({ name }) => name === 'inputImageNumber');
		expect(field?.default).toBe(imageNumberSchema.parse(undefined));
	});
});

describe('the labels that messages use', () => {
	it.each([
		[['num_images'], 'Number of Images'],
		[['image_size', 'width'], 'Width'],
		[['image_size', 'no such part'], 'Image Size'],
		[['additionalInput'], 'Additional Input'],
		[['runId'], 'Run ID'],
		[['inputRunId'], 'Run ID'],
		[['inputImageNumber'], 'Image Number'],
		[['no', 'such', 'field'], 'no.such.field'],
	])('for %j is %s', (path, label) => {
		expect(labelOf(path)).toBe(label);
	});
});

describe('the node', () => {
	const { description } = new GptImage2();

	it('repeats no field name for the same choice of resource and operation', () => {
		const shown = description.properties.map(
			({ name, displayOptions }) => `${name} ${JSON.stringify(displayOptions)}`,
		);
		expect(new Set(shown).size).toBe(shown.length);
	});

	it('sorts long lists of options by their labels', () => {
		const lists = description.properties
			.map(({ options }) => (options ?? []) as INodePropertyOptions[])
			.filter((options) => options.length >= 5)
			.map((options) =>
				options.map((option) =>
					'displayName' in option ? String(option.displayName) : option.name,
				),
			);
		for (const labels of lists)
			expect(labels).toEqual([...labels].sort((one, other) => one.localeCompare(other)));
	});
});
