import { z } from 'zod/v3';

/**
 * Returns a text with whole characters only: half an emoji, left over when a text is cut, becomes '�',
 * because strict JSON parsers refuse it.
 */
export function wholeText(text: string): string {
	return text.replace(/\p{Cs}/gu, '\uFFFD');
}

/** Returns a value with all its texts made whole, as `wholeText` does. */
export function wellFormed(value: unknown): unknown {
	if (typeof value === 'string') return wholeText(value);
	if (Array.isArray(value)) return value.map(wellFormed);
	if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
	const parts = Object.entries(value).map(([key, part]) => [wholeText(key), wellFormed(part)]);
	return Object.fromEntries(parts);
}

/**
 * A node's name for an expression, with every character escaped, because n8n interprets braces and some
 * words.
 */
export function escaped(name: string): string {
	return Array.from({ length: name.length }, (_, index) => {
		const code = name.charCodeAt(index).toString(16).padStart(4, '0');
		return `\\u${code}`;
	}).join('');
}

/** What remains if n8n didn't evaluate an expression, or wrote a whole object into a text. */
const remains = /\[object \w+\]|\{\{[^{}]*\$/;

/** The path to a text that contains the remains of a broken expression; null if there is none. */
export function pathOfRemains(value: unknown, path: string[] = []): string[] | null {
	if (typeof value === 'string') return remains.test(value) ? path : null;
	if (typeof value !== 'object' || value === null) return null;
	for (const [key, part] of Object.entries(value)) {
		const found = pathOfRemains(part, [...path, key]);
		if (found !== null) return found;
	}
	return null;
}

/** Converts the value of an expression to a field's type, if the conversion is unambiguous. */
const conversions: Readonly<Record<string, (value: unknown) => unknown>> = {
	boolean: (value) =>
		/^\s*(true|false)\s*$/i.test(String(value)) ? /true/i.test(String(value)) : value,
	number: (value) => (/^\s*-?\d+(\.\d+)?\s*$/.test(String(value)) ? Number(value) : value),
	string: (value) => (Number.isFinite(value) ? String(value) : value),
};

/**
 * Returns a value, with the parts whose type its check found wrong converted if that is unambiguous: '4'
 * for a number, 5 for a text.
 */
export function asMeant(value: unknown, issues: z.ZodIssue[]): unknown {
	return issues.reduce((meant, issue) => {
		if (issue.code !== z.ZodIssueCode.invalid_type) return meant;
		return convertAt(meant, issue.path, conversions[issue.expected] ?? ((same) => same));
	}, value);
}

function convertAt(
	value: unknown,
	[key, ...inner]: Array<string | number>,
	convert: (value: unknown) => unknown,
): unknown {
	if (key === undefined) return typeof value === 'object' ? value : convert(value);
	if (typeof value !== 'object' || value === null) return value;
	const parts = Object.entries(value).map(([name, part]: [string, unknown]) => [
		name,
		name === String(key) ? convertAt(part, inner, convert) : part,
	]);
	return Object.fromEntries(parts);
}

const wordsOfTypes: Readonly<Record<string, string>> = {
	array: 'must be a list',
	boolean: 'must be true or false',
	number: 'must be a number',
	object: 'must be a JSON object',
	string: 'must be text',
};

/** The words for a value of the wrong type, instead of the validator's own. */
export const plainWords: z.ZodErrorMap = (issue, { defaultError }) => {
	const isOwn =
		issue.code === z.ZodIssueCode.invalid_type && /^(Expected|Required)/.test(defaultError);
	if (!isOwn) return { message: defaultError };
	const choices = issue.expected.replace(/'/g, '').replace(/ \| /g, ', ');
	return { message: wordsOfTypes[issue.expected] ?? `must be one of ${choices}` };
};
