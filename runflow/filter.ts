import type { Run } from './run';
import { normalizeStatus } from './status';

/** What a search for runs may ask for. */
export interface RunFilter {
	/** A normalized status. */
	status: string | null;
	clientRef: string | null;
	/** A moment in milliseconds since 1970. */
	createdAfter: number | null;
	/** A filter in the API's own words, which goes in front. */
	query: string | null;
}

/** The filter that every run matches. */
export const everyRun: RunFilter = {
	status: null,
	clientRef: null,
	createdAfter: null,
	query: null,
};

/** How much of a filter the API is asked for: all of it, or only terms that no source speaks against. */
export type FilterTerms = 'all' | 'undisputed';

/**
 * The API's `q` for a filter, undefined for none. The one place that knows its syntax:
 * equality as first-party code writes it (ADC), comparison as REQ does. A cancelled run may be
 * spelled either way. Since the two syntaxes may not go together, 'undisputed' leaves out what takes
 * more than one equality; a reference with a quote in it is always left out. `matches` makes up for
 * what is left out.
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

/** Whether a run is what the filter asks for, checked again in case the API ignores part of it. */
export function matches(run: Run, { status, clientRef, createdAfter }: RunFilter): boolean {
	if (status !== null && normalizeStatus(run.status) !== status) return false;
	if (clientRef !== null && run.client_ref !== clientRef) return false;
	return createdAfter === null || run.createdAt === null || run.createdAt > createdAfter;
}
