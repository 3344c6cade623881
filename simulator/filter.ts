/** What a filter can read. */
interface Filtered {
	status_code: unknown;
	client_ref: unknown;
	created_at: unknown;
}

type Predicate = (run: Filtered) => boolean;

const equality = /^(status_code|client_ref)(?:\.EQ:'(.*)'|[:=](.*))$/;
const later = /^created_at>(.+)$/;

/** Parses the filter syntax of REQ and ADC: terms joined by AND, choices joined by OR in parentheses. Returns null for anything else. */
export function parseFilter(query: string): Predicate | null {
	const terms = query.split(' AND ').map((term) => parseChoice(term.trim()));
	if (terms.some((term) => term === null)) return null;
	return (run) => terms.every((term) => term?.(run));
}

function parseChoice(term: string): Predicate | null {
	const inner = /^\((.*)\)$/.exec(term)?.[1] ?? term;
	const choices = inner.split(' OR ').map((choice) => parseTerm(choice.trim()));
	if (choices.some((choice) => choice === null)) return null;
	return (run) => choices.some((choice) => choice?.(run));
}

function parseTerm(term: string): Predicate | null {
	const [, field, quoted, plain] = equality.exec(term) ?? [];
	if (field === 'status_code') return ({ status_code }) => status_code === (quoted ?? plain);
	if (field === 'client_ref') return ({ client_ref }) => client_ref === (quoted ?? plain);
	const moment = later.exec(term)?.[1];
	if (moment === undefined) return null;
	return ({ created_at }) => Date.parse(String(created_at)) > Date.parse(moment);
}
