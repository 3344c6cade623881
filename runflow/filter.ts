import type { Run } from './run';
import { normalizeStatus } from './status';

/** What a search for runs may ask for. */
export interface RunFilter {
	/** A normalized status. */
	status: string | null;
	clientRef: string | null;
	/** An ISO 8601 time. */
	createdAfter: string | null;
	/** A filter in the API's own words, which goes in front. */
	query: string | null;
}

/**
 * The API's `q` for a filter, undefined for none. The one place that knows its syntax:
 * equality as first-party code writes it (ADC), comparison as REQ does. A cancelled run may be
 * spelled either way.
 */
export function queryOf({ status, clientRef, createdAfter, query }: RunFilter): string | undefined {
	const spellings = status === 'cancelled' ? ['cancelled', 'canceled'] : [status];
	const byStatus = spellings.map((spelling) => `status_code.EQ:'${spelling}'`).join(' OR ');
	const terms = [
		query !== null && `(${query})`,
		status !== null && (spellings.length > 1 ? `(${byStatus})` : byStatus),
		clientRef !== null && `client_ref.EQ:'${clientRef}'`,
		createdAfter !== null && `created_at>${createdAfter}`,
	].filter((term) => term !== false);
	if (terms.length === 0) return undefined;
	return terms.length === 1 && query !== null ? query : terms.join(' AND ');
}

/** Whether a run is what the filter asks for, checked again in case the API ignores part of it. */
export function matches(run: Run, { status, clientRef, createdAfter }: RunFilter): boolean {
	if (status !== null && normalizeStatus(run.status) !== status) return false;
	if (clientRef !== null && run.client_ref !== clientRef) return false;
	if (createdAfter === null || run.created_at === null) return true;
	return Date.parse(run.created_at) > Date.parse(createdAfter);
}
