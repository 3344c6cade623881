import type { IDisplayOptions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { completionFields } from '../../nodes/GptImage2/fields/completion';
import { editFields, generateFields } from '../../nodes/GptImage2/fields/image';
import { optionsFields } from '../../nodes/GptImage2/fields/options';
import { resourceFields } from '../../nodes/GptImage2/fields/resource';
import { runFields } from '../../nodes/GptImage2/fields/run';
import { sizeOptions } from '../../nodes/GptImage2/fields/sizes';
import { triggerFields } from '../../nodes/GptImage2/fields/trigger';
import { table } from './parts';

const actionFields = [
	...resourceFields,
	...generateFields,
	...editFields,
	...completionFields,
	...optionsFields,
	...runFields,
];

/** Where a field is looked for by the name in a condition. */
type Fields = readonly INodeProperties[];

function isField(option: object): option is INodeProperties {
	return 'displayName' in option && 'type' in option;
}

function isChoice(option: object): option is INodePropertyOptions {
	return 'name' in option && 'value' in option;
}

function choicesOf({ options = [] }: INodeProperties): INodePropertyOptions[] {
	return options.filter(isChoice);
}

/** The tables of what a user sees, by the names of their parts in the page. */
export function nodeFieldTables(): Record<string, string> {
	return {
		'fields of Generate': rows(actionFields, fieldsOf('image', 'generate', 'generate')),
		'fields of Edit': rows(actionFields, onlyInEdit()),
		completion: rows(
			actionFields,
			named(actionFields, 'completion', 'callbackUrl', 'simplify').slice(0, 3),
		),
		options: rows(actionFields, optionsOf('image')),
		sizes: sizeTable(),
		'operations on runs': table(
			['Operation', 'What it does'],
			actionFields
				.filter(({ name, displayOptions }) => name === 'operation' && isFor(displayOptions, 'run'))
				.flatMap(choicesOf)
				.map(({ name, description = '' }) => [`Run → ${name}`, withFullStop(description)]),
		),
		'fields of the operations on runs': runFieldTables(),
		'fields of the trigger': rows(triggerFields, [
			...triggerFields.filter(({ type }) => type !== 'notice' && type !== 'collection'),
			...triggerFields.flatMap(({ options = [] }) => options.filter(isField)),
		]),
	};
}

function named(fields: Fields, ...names: string[]): INodeProperties[] {
	return fields.filter(({ name }) => names.includes(name));
}

function isFor(displayOptions: IDisplayOptions | undefined, resource: string, operation?: string) {
	const { resource: resources, operation: operations } = displayOptions?.show ?? {};
	const isAny = (values: unknown[] | undefined, value: string) => values?.includes(value) ?? false;
	return isAny(resources, resource) && (operation === undefined || isAny(operations, operation));
}

function fieldsOf(resource: string, ...operations: string[]): INodeProperties[] {
	return actionFields.filter(
		({ displayOptions, type }) =>
			type !== 'collection' &&
			type !== 'hidden' &&
			operations.some((operation) => isFor(displayOptions, resource, operation)),
	);
}

/** What Edit has beside the fields of Generate, or has otherwise. */
function onlyInEdit(): INodeProperties[] {
	const shared = new Set(fieldsOf('image', 'generate').map(fingerprint));
	return fieldsOf('image', 'edit').filter((field) => !shared.has(fingerprint(field)));
}

function fingerprint({ name, default: fallback }: INodeProperties): string {
	return JSON.stringify([name, fallback]);
}

function optionsOf(resource: string, operation?: string): INodeProperties[] {
	return actionFields
		.filter(
			({ displayOptions, type }) =>
				type === 'collection' && isFor(displayOptions, resource, operation),
		)
		.flatMap(({ options = [] }) => options.filter(isField));
}

/** A table for each operation on runs, with what only that operation has. */
function runFieldTables(): string {
	const operations = actionFields
		.filter(({ name, displayOptions }) => name === 'operation' && isFor(displayOptions, 'run'))
		.flatMap(choicesOf);
	return operations
		.map(({ name, value }) => {
			const operation = String(value);
			const fields = [...fieldsOf('run', operation), ...optionsOf('run', operation)];
			return `#### ${name}\n\n${rows(actionFields, fields)}`;
		})
		.join('\n\n');
}

function rows(all: Fields, fields: INodeProperties[]): string {
	return table(
		['Field', 'What it does', 'Default'],
		fields.map((field) => [
			field.displayName,
			[
				withFullStop(field.description ?? ''),
				withFullStop(field.hint ?? ''),
				choicesInWords(field),
				shownWhen(all, field),
			]
				.filter((part) => part !== '')
				.join(' '),
			defaultInWords(field),
		]),
	);
}

/** More choices than these have a table of their own. */
const mostInATable = 10;

/** The sizes, as the editor lists them: what each is called, is saved as, and has as pixels. */
function sizeTable(): string {
	return table(
		['Size', 'Value', 'Pixels'],
		sizeOptions.map(({ description = '', name, value }) => [name, `\`${value}\``, description]),
	);
}

function choicesInWords(field: INodeProperties): string {
	if (field.type === 'resourceLocator') {
		return `${(field.modes ?? []).map(({ displayName }) => `*${displayName}*`).join(' or ')}.`;
	}
	const choices = choicesOf(field);
	if (choices.length === 0) return '';
	if (choices.length > mostInATable) return 'See [Sizes](#sizes).';
	const plain = choices.filter(({ description }) => !description).map(({ name }) => name);
	const described = choices
		.filter(({ description }) => description)
		.map(({ name, description = '' }) => withFullStop(`*${name}*: ${description}`));
	return [...(plain.length > 0 ? [withFullStop(plain.join(', '))] : []), ...described].join(' ');
}

/** Under which conditions a field is shown, beside the operation of its table. */
function shownWhen(all: Fields, { displayOptions }: INodeProperties): string {
	const conditions = (verb: string, shown: IDisplayOptions['show'] = {}) =>
		Object.entries(shown)
			.filter(([name]) => name !== 'resource' && name !== 'operation')
			.map(([name, values = []]) => {
				const other = all.find((field) => field.name === name.replace(/^\//, ''));
				const choices = other ? choicesOf(other) : [];
				const named = values.map(
					(value) => choices.find((choice) => choice.value === value)?.name ?? inWords(value),
				);
				return `${verb} when *${other?.displayName ?? name}* is *${named.join('* or *')}*.`;
			});
	return [
		...conditions('Shown', displayOptions?.show),
		...conditions('Hidden', displayOptions?.hide),
	].join(' ');
}

function defaultInWords(field: INodeProperties): string {
	const { default: value } = field;
	if (typeof value === 'boolean') return inWords(value);
	if (typeof value === 'number') return value.toLocaleString('en-US');
	if (Array.isArray(value)) return value.length === choicesOf(field).length ? 'all' : `${value}`;
	if (typeof value !== 'string' || value === '') return '–';
	const choice = choicesOf(field).find((one) => one.value === value);
	return choice?.name ?? `\`${value}\``;
}

/** A value as the editor shows it. */
function inWords(value: unknown): string {
	return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value);
}

function withFullStop(sentence: string): string {
	return sentence === '' || /[.!?:]$/.test(sentence) ? sentence : `${sentence}.`;
}
