import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IDisplayOptions, INodeProperties, INodeTypeDescription } from 'n8n-workflow';
import { z } from 'zod';

import { RunflowApi } from '../../credentials/RunflowApi.credentials';
// Without the ending, Node finds the codex files beside them, which end with '.node.json'.
import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node.ts';
import { GptImage2Trigger } from '../../nodes/GptImage2/GptImage2Trigger.node.ts';
import manifest from '../../package.json';
import { itemKinds } from './contractItems';

const conditionsSchema = z.record(z.array(z.unknown()));

const fieldSchema = z.object({
	/** With the collections that it is in, such as 'options.timeout'. */
	name: z.string(),
	type: z.string(),
	default: z.unknown(),
	/** What can be chosen, of an option field; the modes, of a resource locator. */
	values: z.array(z.unknown()).optional(),
	required: z.literal(true).optional(),
	/** Whether it holds a list. */
	multiple: z.literal(true).optional(),
	/** Whether expressions are not accepted. */
	fixed: z.literal(true).optional(),
	/** Which other fields have to have which values for it to be shown, or to be hidden. */
	shown: conditionsSchema.optional(),
	hidden: conditionsSchema.optional(),
});

/** A field as saved workflows know it. */
export type ContractField = z.infer<typeof fieldSchema>;

const nodeSchema = z.object({
	versions: z.array(z.number()),
	inputs: z.array(z.unknown()),
	outputs: z.array(z.unknown()),
	credentials: z.array(z.string()),
	/** Whether agents can use it. */
	isTool: z.boolean(),
	/** Method and path of each webhook, by its name: a part of URLs that others have. */
	webhooks: z.record(z.string()),
	/** The fields of each operation in each version; of the trigger, which has none, under its own name. */
	fields: z.record(z.array(fieldSchema)),
});

/** What saved workflows, expressions and callers rely on. */
export const contractSchema = z.object({
	nodes: z.record(nodeSchema),
	credentials: z.record(z.array(fieldSchema)),
	/** The keys of each kind of item, with the keys in their lists and objects, and their types. */
	items: z.record(z.record(z.string())),
});

/** What saved workflows, expressions and callers rely on. */
export type Contract = z.infer<typeof contractSchema>;

const root = join(__dirname, '..', '..');

/** The page that holds the contract. */
export const contractFile = join(root, 'docs', 'contract.json');

/** Returns the contract as it is committed. Throws where the page holds none. */
export function readContract(): Contract {
	return contractSchema.parse(JSON.parse(readFileSync(contractFile, 'utf8')));
}

/** Returns the contract as the code has it now. */
export function currentContract(): Contract {
	const credential = new RunflowApi();
	const nodes = [new GptImage2().description, new GptImage2Trigger().description];
	return contractSchema.parse({
		nodes: Object.fromEntries(
			nodes.map((description) => [`${manifest.name}.${description.name}`, nodeOf(description)]),
		),
		credentials: { [credential.name]: fieldsAt(credential.properties, {}) },
		items: itemKinds(),
	});
}

function nodeOf(description: INodeTypeDescription): Contract['nodes'][string] {
	const { credentials = [], inputs, outputs, properties, version, webhooks = [] } = description;
	return {
		versions: [version].flat(),
		inputs: [inputs].flat(),
		outputs: [outputs].flat(),
		credentials: credentials.map(({ name }) => name),
		isTool: description.usableAsTool !== undefined,
		webhooks: Object.fromEntries(
			webhooks.map(({ httpMethod, isFullPath = false, name, path }) => [
				name,
				`${httpMethod} ${path}${isFullPath ? ' as its whole path' : ''}`,
			]),
		),
		fields: Object.fromEntries(
			operationsOf(description).map((values) => {
				const [version, ...names] = Object.values(values);
				const operation = names.join(' → ') || description.name;
				return [`${operation} (version ${version})`, fieldsAt(properties, values)];
			}),
		),
	};
}

/** The values of the fields that say what a node does, for each thing that it can do. */
function operationsOf({ properties, version }: INodeTypeDescription): Values[] {
	const chosen = (name: string, values: Values): Values[] =>
		properties
			.filter((field) => field.name === name && isShown(field.displayOptions, values))
			.flatMap(({ options = [] }) => options)
			.flatMap((option) =>
				'value' in option && isShown(option.displayOptions, values)
					? [{ ...values, [name]: option.value }]
					: [],
			);
	return [version].flat().flatMap((number) => {
		const own = { '@version': number };
		const resources = chosen('resource', own);
		return resources.length === 0
			? [own]
			: resources.flatMap((values) => chosen('operation', values));
	});
}

type Values = Readonly<Record<string, unknown>>;

/** Whether something is shown at these values, as far as they decide it. */
function isShown({ hide = {}, show = {} }: IDisplayOptions = {}, values: Values): boolean {
	const has = ([name, some = []]: [string, unknown[]?]) => {
		const key = name.replace(/^\//, '');
		return key in values ? some.includes(values[key]) : null;
	};
	const isHidden = Object.entries(hide).some((condition) => has(condition) === true);
	return !isHidden && Object.entries(show).every((condition) => has(condition) !== false);
}

/** The fields that are shown at these values, and the fields in their collections. */
function fieldsAt(fields: INodeProperties[], values: Values, prefix = ''): ContractField[] {
	return fields
		.filter(({ displayOptions, type }) => type !== 'notice' && isShown(displayOptions, values))
		.flatMap((field) => {
			const name = `${prefix}${field.name}`;
			const inner = (field.options ?? []).flatMap((option) => {
				if ('values' in option) return fieldsAt(option.values, values, `${name}.${option.name}.`);
				return 'type' in option ? fieldsAt([option], values, `${name}.`) : [];
			});
			return [fieldOf(field, name, values), ...inner];
		});
}

function fieldOf(field: INodeProperties, name: string, values: Values): ContractField {
	const { displayOptions = {}, modes = [], options = [], type, typeOptions } = field;
	const choices = [
		...options.flatMap((option) => ('value' in option ? [option.value] : [])),
		...modes.map((mode) => mode.name),
	];
	const others = (conditions: object = {}) => {
		const left = Object.entries(conditions).filter(([key]) => !(key.replace(/^\//, '') in values));
		return left.length > 0 ? Object.fromEntries(left) : undefined;
	};
	return {
		name,
		type,
		default: field.default,
		...(choices.length > 0 && { values: choices }),
		...(field.required && { required: true }),
		...(typeOptions?.multipleValues && { multiple: true }),
		...(field.noDataExpression && { fixed: true }),
		shown: others(displayOptions.show),
		hidden: others(displayOptions.hide),
	};
}
