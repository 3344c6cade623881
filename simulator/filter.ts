import type { Settings } from './options';

/** What a filter can read. */
interface Filtered {
	status_code: unknown;
	client_ref: unknown;
	created_at: unknown;
}

/** Whether a run is what a filter asks for. */
export type Predicate = (run: Filtered) => boolean;

type Token = '(' | ')' | 'and' | 'or' | 'not' | { field: string; operator: string; value: string };

/**
 * A parenthesis, a word, or a comparison; a quoted value ends at a quote that is followed by a space, `)`
 * or the end.
 */
const token =
	/\s*(?:([()])|(and|or|not)(?=[\s()])|([a-z_]+)(\.eq:|[<>]=?|[:=])(?:'(.*?)'|([^\s()']\S*?))(?=[\s)]|$))/iy;

/**
 * Reads the filter syntax of REQ and ADC: comparisons with AND, OR, NOT and parentheses, in capitals or
 * not (COMFY). Null for anything else, and with `exactOnly` for anything but exact matches with AND, the
 * only ones that are known to work (ADC).
 */
export function parseFilter(query: string, exactOnly = false): Predicate | null {
	const tokens = tokenize(query);
	if (tokens === null || (exactOnly && !tokens.every(isExact))) return null;
	const filter = readChoices(tokens);
	return tokens.length === 0 ? filter : null;
}

/** The filter of a list as the settings have it: every run where it is ignored, null where it is refused. */
export function filterOf(
	query: string | undefined,
	{ exactFiltersOnly, listFilter }: Settings,
): Predicate | null {
	if (query === undefined || listFilter === 'ignored') return () => true;
	return listFilter === 'refused' ? null : parseFilter(query, exactFiltersOnly);
}

function tokenize(query: string): Token[] | null {
	const tokens: Token[] = [];
	token.lastIndex = 0;
	while (query.slice(token.lastIndex).trim() !== '') {
		const [found, parenthesis, word, field = '', operator = '', quoted, plain = ''] =
			token.exec(query) ?? [];
		if (found === undefined) return null;
		const name = (parenthesis ?? word)?.toLowerCase();
		tokens.push(isName(name) ? name : { field, operator, value: quoted ?? plain });
	}
	return tokens;
}

function isName(name: string | undefined): name is Extract<Token, string> {
	return name !== undefined;
}

function isExact(one: Token): boolean {
	return one === 'and' || (typeof one === 'object' && /^\.eq:$/i.test(one.operator));
}

/** Takes terms separated by OR off the front; null if they make no sense. */
function readChoices(tokens: Token[]): Predicate | null {
	const choices = readSeries(tokens, 'or', (rest) => readSeriesOfAll(rest));
	return choices && ((run) => choices.some((choice) => choice(run)));
}

function readSeriesOfAll(tokens: Token[]): Predicate | null {
	const terms = readSeries(tokens, 'and', readTerm);
	return terms && ((run) => terms.every((term) => term(run)));
}

function readSeries(
	tokens: Token[],
	separator: 'and' | 'or',
	readPart: (tokens: Token[]) => Predicate | null,
): Predicate[] | null {
	const parts: Predicate[] = [];
	do {
		const part = readPart(tokens);
		if (part === null) return null;
		parts.push(part);
	} while (tokens[0] === separator && tokens.shift());
	return parts;
}

function readTerm(tokens: Token[]): Predicate | null {
	const first = tokens.shift();
	if (first === 'not') {
		const term = readTerm(tokens);
		return term && ((run) => !term(run));
	}
	if (first === '(') {
		const inner = readChoices(tokens);
		return tokens.shift() === ')' ? inner : null;
	}
	return typeof first === 'object' ? compare(first) : null;
}

function compare({ field, operator, value }: Exclude<Token, string>): Predicate | null {
	const equals = /^(\.eq:|[:=])$/i.test(operator);
	if (field === 'status_code') return equals ? ({ status_code }) => status_code === value : null;
	if (field === 'client_ref') return equals ? ({ client_ref }) => client_ref === value : null;
	const moment = Date.parse(value);
	if (field !== 'created_at' || Number.isNaN(moment)) return null;
	return ({ created_at }) => {
		const created = Date.parse(String(created_at));
		if (created === moment) return equals || operator.endsWith('=');
		return operator.startsWith(created > moment ? '>' : '<');
	};
}
