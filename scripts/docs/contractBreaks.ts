import { isDeepStrictEqual } from 'node:util';

import type { Contract, ContractField } from './contract';

/**
 * What of a contract another one no longer keeps, one sentence each: what is gone, renamed, or has another
 * default. What is added breaks nothing.
 */
export function breaksOf(before: Contract, after: Contract): string[] {
	return [
		...pairs(before.nodes, after.nodes).flatMap(([type, old, now]) => [
			...(now ? nodeBreaks(old, now) : ['is gone']).map((text) => `${type}: ${text}`),
		]),
		...pairs(before.credentials, after.credentials).flatMap(([name, old, now]) =>
			(now ? fieldsBreaks(old, now) : ['is gone']).map((text) => `credential ${name}: ${text}`),
		),
		...pairs(before.items, after.items).flatMap(([name, old, now = {}]) =>
			recordBreaks(old, now).map((text) => `item '${name}': ${text}`),
		),
	];
}

/** The entries of a record, each with what another record has for it. */
function pairs<T>(
	before: Readonly<Record<string, T>>,
	after: Readonly<Record<string, T>>,
): Array<[name: string, old: T, now: T | undefined]> {
	return Object.entries(before).map(([name, old]) => [name, old, after[name]]);
}

type Node = Contract['nodes'][string];

function nodeBreaks(before: Node, after: Node): string[] {
	return [
		...lost('version', before.versions, after.versions),
		...lost('credential', before.credentials, after.credentials),
		// Connections are saved by the number of the input or output.
		...(['inputs', 'outputs'] as const)
			.filter((side) => !isDeepStrictEqual(before[side], after[side].slice(0, before[side].length)))
			.map((side) => `other ${side}`),
		...(before.isTool && !after.isTool ? ['is no tool of agents any more'] : []),
		...recordBreaks(before.webhooks, after.webhooks).map((text) => `webhook ${text}`),
		...pairs(before.fields, after.fields).flatMap(([operation, old, now]) =>
			(now ? fieldsBreaks(old, now) : ['is gone']).map((text) => `${operation}: ${text}`),
		),
	];
}

function lost(what: string, before: readonly unknown[], after: readonly unknown[]): string[] {
	return before
		.filter((value) => !after.some((other) => isDeepStrictEqual(value, other)))
		.map((value) => `the ${what} ${JSON.stringify(value)} is gone`);
}

function recordBreaks(
	before: Readonly<Record<string, string>>,
	after: Readonly<Record<string, string>>,
): string[] {
	return pairs(before, after)
		.filter(([, old, now]) => old !== now)
		.map(
			([name, old, now]) => `'${name}' ${now === undefined ? 'is gone' : `was ${old}, is ${now}`}`,
		);
}

/**
 * A field may stand in several places, for different values of others: it is kept if one of them keeps it.
 * A field that is hidden now keeps what workflows have in it, with everything inside.
 */
function fieldsBreaks(before: readonly ContractField[], after: readonly ContractField[]): string[] {
	const hidden = after.filter(({ type }) => type === 'hidden').map(({ name }) => `${name}.`);
	return before.flatMap((old) => {
		if (hidden.some((start) => old.name.startsWith(start))) return [];
		const candidates = after
			.filter(({ name }) => name === old.name)
			.map((now) => fieldBreaks(old, now))
			.sort((one, other) => one.length - other.length);
		return (candidates[0] ?? ['is gone']).map((text) => `'${old.name}' ${text}`);
	});
}

function fieldBreaks(before: ContractField, after: ContractField): string[] {
	const changed = (['type', 'default', 'multiple'] as const)
		.filter((key) => !isDeepStrictEqual(before[key], after[key]))
		.filter((key) => key !== 'type' || after.type !== 'hidden')
		.map((key) => `${key} was ${JSON.stringify(before[key])}, is ${JSON.stringify(after[key])}`);
	return [
		...changed,
		...lost('value', before.values ?? [], after.values ?? []),
		...(after.required && !before.required ? ['is required now'] : []),
		...(after.fixed && !before.fixed ? ['accepts no expression any more'] : []),
		...(isShownLess(before, after) ? ['is shown less often'] : []),
	];
}

/** Whether a field is hidden at values of others at which it was shown. */
function isShownLess(before: ContractField, after: ContractField): boolean {
	const within = (some: readonly unknown[] = [], all: readonly unknown[] = []) =>
		lost('', some, all).length === 0;
	const narrower = Object.entries(after.shown ?? {}).some(
		([name, values]) => !before.shown?.[name] || !within(before.shown[name], values),
	);
	const hiddenMore = Object.entries(after.hidden ?? {}).some(
		([name, values]) => !within(values, before.hidden?.[name]),
	);
	return narrower || hiddenMore;
}
