import { matches, queryOf, type RunFilter } from './filter';
import { requestJson, usualTimeoutMs, type Send } from './request';
import { runListSchema, runSchema, type Run } from './run';

/** The most runs of one page (RUN-L). */
const mostPerPage = 500;

/** Which part of a list is wanted: at most `limit` runs from `cursor` on, null for the start. */
export interface PageRequest {
	limit: number;
	cursor: string | null;
}

/** Runs, newest first; `cursor` is where the next page begins, null after the last. */
export interface RunPage {
	runs: Run[];
	cursor: string | null;
}

/** Reads a run once: `GET /v1/runs/{id}` (RUN-G). Throws a RunflowError that names the run. */
export async function readRun(send: Send, id: string): Promise<Run> {
	const path = `/v1/runs/${encodeURIComponent(id)}`;
	return await requestJson(send, { method: 'GET', path, timeoutMs: usualTimeoutMs }, runSchema, id);
}

/** Reads one page of the runs that match, once: `GET /v1/runs` (RUN-L, REQ). */
export async function readRunPage(
	send: Send,
	filter: RunFilter,
	{ limit, cursor }: PageRequest,
): Promise<RunPage> {
	const q = queryOf(filter);
	const query = {
		limit: Math.min(limit, mostPerPage),
		sort_by: 'created_at:desc',
		...(q !== undefined && { q }),
		...(cursor !== null && { pq: cursor }),
	};
	const page = await requestJson(
		send,
		{ method: 'GET', path: '/v1/runs', query, timeoutMs: usualTimeoutMs },
		runListSchema,
	);
	const runs = page.items.filter((run): run is Run => run !== null && matches(run, filter));
	return { runs, cursor: page.items.length > 0 ? page.cursor : null };
}

const searchLimit = 50;

/**
 * Finds the run with this `client_ref`, null where there is none. What comes back is compared again,
 * in case the API ignores the filter.
 */
export async function findRun(send: Send, clientRef: string): Promise<Run | null> {
	const filter = { status: null, clientRef, createdAfter: null, query: null };
	const { runs } = await readRunPage(send, filter, { limit: searchLimit, cursor: null });
	const [found] = runs;
	return found ? await readRun(send, found.id) : null;
}
