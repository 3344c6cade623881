import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod/v3';

import { optionsFields } from '../../nodes/GptImage2/fields/options';
import { runFields } from '../../nodes/GptImage2/fields/run';
import { triggerFields } from '../../nodes/GptImage2/fields/trigger';
import { imageOptionsSchema } from '../../nodes/GptImage2/parameters/image';
import { maskOptionsSchema } from '../../nodes/GptImage2/parameters/inputImages';
import { nodeOptionsSchema, type Completion } from '../../nodes/GptImage2/parameters/node';
import { filtersSchema, getOptionsSchema } from '../../nodes/GptImage2/parameters/run';
import { outputOptionsSchema } from '../../nodes/GptImage2/parameters/output';
import { triggerOptionsSchema } from '../../nodes/GptImage2/parameters/trigger';

type Schema = z.ZodObject<z.ZodRawShape>;

/** The entries of the collection with that name; if there are several, of the one shown for `operation`. */
function collection(
	fields: INodeProperties[],
	name: string,
	operation?: string,
): INodeProperties[] {
	const isShown = ({ displayOptions }: INodeProperties) =>
		operation === undefined || displayOptions?.show?.operation?.includes(operation);
	const field = fields.find((candidate) => candidate.name === name && isShown(candidate));
	return (field?.options ?? []).filter((option): option is INodeProperties => 'type' in option);
}

/** The image options, with the timeout that is shown for a completion. */
function imageOptions(completion: Completion): INodeProperties[] {
	return collection(optionsFields, 'options').filter(({ displayOptions }) => {
		const shown = displayOptions?.show?.['/completion'];
		return shown === undefined || shown.includes(completion);
	});
}

const imageSchema = (completion: Completion): Schema =>
	imageOptionsSchema.merge(maskOptionsSchema).merge(nodeOptionsSchema(completion));

const cases: Array<[string, INodeProperties[], Schema]> = [
	['an image that is polled for', imageOptions('poll'), imageSchema('poll')],
	['an image that is suspended for', imageOptions('suspend'), imageSchema('suspend')],
	['an image that is not waited for', imageOptions('none'), imageSchema('none')],
	['get', collection(runFields, 'options', 'get'), getOptionsSchema],
	['getMany', collection(runFields, 'options', 'getMany'), outputOptionsSchema],
	['the filters of getMany', collection(runFields, 'filters', 'getMany'), filtersSchema],
	['the trigger', collection(triggerFields, 'options'), triggerOptionsSchema],
];

describe.each(cases)('the options of %s', (_name, fields, schema) => {
	it('are fields', () => {
		expect(fields).not.toEqual([]);
	});

	it.each(fields.map((field): [string, INodeProperties] => [field.name, field]))(
		'know %s, and mean the same by its default as by its absence',
		(name, field) => {
			expect(Object.keys(schema.shape)).toContain(name);
			const unset: unknown = schema.parse({})[name];
			expect(schema.parse({ [name]: field.default })[name]).toEqual(unset);
		},
	);

	it('offer exactly the values that are accepted', () => {
		for (const field of fields.filter(({ type }) => type === 'options')) {
			const offered = (field.options ?? []).flatMap((option) =>
				'value' in option ? [option.value] : [],
			);
			const part = schema.shape[field.name];
			const accepted = part instanceof z.ZodDefault ? part.removeDefault() : part;
			if (accepted instanceof z.ZodEnum)
				expect(offered.sort()).toEqual([...accepted.options].sort());
			else
				for (const value of offered)
					expect(schema.safeParse({ [field.name]: value }).success).toBe(true);
		}
	});
});

describe('the options that a schema knows', () => {
	it.each([
		['an image', Object.keys(imageSchema('poll').shape), imageOptions('poll')],
		['get', Object.keys(getOptionsSchema.shape), collection(runFields, 'options', 'get')],
		[
			'the filters of getMany',
			Object.keys(filtersSchema.shape),
			collection(runFields, 'filters', 'getMany'),
		],
	])('of %s are all fields', (_name, keys, fields) => {
		expect(fields.map(({ name }) => name).sort()).toEqual([...keys].sort());
	});
});
