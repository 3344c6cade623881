import type { Run } from './run';
import { normalizeStatus } from './status';

/** What a search for runs may filter by. */
export interface RunFilter {
	/** A normalized status. */
	status: string | null;
	clientRef: string | null;
	/** A moment in milliseconds since 1970. */
	createdAfter: number | null;
	/** A filter in the API's own syntax, which is put first. */
	query: string | null;
}

/** The filter that every run matches. */
export const everyRun: RunFilter = {
	status: null,
	clientRef: null,
	createdAfter: null,
	query: null,
};

/** How much of a filter is sent to the API: all of it, or only terms that all sources agree on. */
export type FilterTerms = 'all' | 'undisputed';

/**
 * Returns the API's `q` for a filter; undefined if there is none. Only this function knows the syntax:
 * equality as first-party code writes it (ADC), comparison as REQ does. A cancelled run may be in either
 * spelling. The two syntaxes may not be allowed together, so 'undisputed' leaves out whatever takes more
 * than one equality; a reference that contains a quote is always left out. `matches` makes up for what is
 * left out.
 */
export function queryOf(filter: RunFilter, wanted: FilterTerms = 'all'): string | undefined {
	const { status, clientRef, createdAfter, query } = filter;
	const spellings = status === 'cancelled' ? ['cancelled', 'canceled'] : [status];
	const byStatus = spellings.map((spelling) => `status_code.EQ:'${spelling}'`).join(' OR ');
	const all = wanted === 'all';
	const terms = [
		query !== null && `(${query})`,
		status !== null && (spellings.length === 1 ? byStatus : all && `(${byStatus})`),
		clientRef !== null && !clientRef.includes("'") && `client_ref.EQ:'${clientRef}'`,
		all && createdAfter !== null && `created_at>${new Date(createdAfter).toISOString()}`,
	].filter((term) => term !== false);
	if (terms.length === 0) return undefined;
	return terms.length === 1 && query !== null ? query : terms.join(' AND ');
}

/** Whether a run matches the filter; checked again in case the API ignores part of the filter. */
export function matches(run: Run, { status, clientRef, createdAfter }: RunFilter): boolean {
	if (status !== null && normalizeStatus(run.status) !== status) return false;
	if (clientRef !== null && run.client_ref !== clientRef) return false;
	return createdAfter === null || run.createdAt === null || run.createdAt > createdAfter;
}
