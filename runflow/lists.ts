import { RunflowApiError, RunflowError, returnRunflowError } from './errors';
import { queryOf, type FilterTerms, type RunFilter } from './filter';
import { requestJson, type Send } from './request';
import { runListSchema, type Run } from './run';

/** The maximum number of runs per page (RUN-L). */
export const mostPerPage = 500;

/** The fields of a run that this package reads, so that a list carries only those (REQ, RUN-C). */
const fieldsRead = [
	'id',
	'status_code',
	'input',
	'output',
	'duration_ms',
	'cost',
	'created_at',
	'completed_at',
	'callback_url',
	'metadata',
	'client_ref',
	'failure_code',
	'failure_message',
	'failure_stage_code',
].join(',');

/**
 * How much a list reports about each run: whether it has ended; also when, and whom it called; what this
 * package reads; or everything.
 */
export type ListDetail = 'status' | 'callback' | 'usual' | 'all';

const fieldsFor: Readonly<Record<Exclude<ListDetail, 'all'>, string>> = {
	status: 'id,status_code',
	callback: 'id,status_code,callback_url,created_at,completed_at',
	usual: fieldsRead,
};

/** Which part of a list to read: at most `limit` runs from `cursor` on; null for the start. */
export interface PageRequest {
	limit: number;
	cursor: string | null;
	/** How much to read of each run; 'usual' by default. */
	detail?: ListDetail;
	/**
	 * Paging stops after a page that reaches back before this moment, in milliseconds since 1970; by default
	 * the filter's.
	 */
	backTo?: number;
}

/** Runs, newest first; `cursor` is where the next page begins, null after the last page. */
export interface RunPage {
	runs: Run[];
	cursor: string | null;
}

/**
 * Yields pages one after another, at most `mostPages`; `read` reads the page at a cursor. The last page
 * yielded has a cursor if there are more; a cursor seen before ends the paging. Throws what `read` throws;
 * the caller already has the earlier pages and decides whether they are useful on their own.
 */
export async function* pagesOf(
	read: (cursor: string | null) => Promise<RunPage>,
	mostPages = Infinity,
): AsyncGenerator<RunPage> {
	const cursors = new Set<string | null>([null]);
	let cursor: string | null = null;
	for (let pages = 0; pages < mostPages; pages++) {
		const page: RunPage = await read(cursor);
		cursor = cursors.has(page.cursor) ? null : page.cursor;
		yield { ...page, cursor };
		if (cursor === null) return;
		cursors.add(cursor);
	}
}

/**
 * Passes each run of these pages to `visit` exactly once, although runs started in the meantime may push a
 * run onto two pages. Ends as soon as `visit` returns something, which becomes `found`; `isCutOff` says
 * whether there are more pages after the last one read. Throws what reading a page and `visit` throw.
 */
export async function walk<T>(
	pages: AsyncIterable<RunPage>,
	visit: (run: Run) => T | undefined | Promise<T | undefined>,
): Promise<{ found: T | undefined; isCutOff: boolean }> {
	const seen = new Set<string>();
	let isCutOff = false;
	for await (const { cursor, runs } of pages) {
		for (const run of runs.filter(({ id }) => !seen.has(id))) {
			seen.add(run.id);
			const found = await visit(run);
			if (found !== undefined) return { found, isCutOff };
		}
		isCutOff = cursor !== null;
	}
	return { found: undefined, isCutOff };
}

/** How a list is requested: which fields of the runs, and how much of the filter. */
interface Wording {
	fields: boolean;
	terms: FilterTerms;
}

/**
 * Reads lists of runs (RUN-L, REQ). Requests as much as the API accepts, and remembers for the next page
 * what it refused.
 */
export class RunLists {
	private wording: Wording = { fields: true, terms: 'all' };

	constructor(private readonly send: Send) {}

	/**
	 * Reads one page of the runs that may match. Part of the filter may have been ignored or, after a 400 or
	 * 422, left out, so each run must be checked against it again. Throws RunflowError.
	 */
	async read(filter: RunFilter, page: PageRequest): Promise<RunPage> {
		let wording = this.wording;
		for (;;) {
			const result = await this.request(filter, page, wording).catch(returnRunflowError);
			if (!(result instanceof RunflowError)) {
				this.wording = wording;
				return result;
			}
			const plainer = isRefused(result) ? plainerThan(wording, filter, page) : null;
			if (plainer === null) throw result;
			wording = plainer;
		}
	}

	private async request(
		filter: RunFilter,
		{ limit, cursor, detail = 'usual', backTo }: PageRequest,
		{ fields, terms }: Wording,
	): Promise<RunPage> {
		const q = queryOf(filter, terms);
		const query = {
			limit: Math.min(limit, mostPerPage),
			sort_by: 'created_at:desc',
			...(fields && detail !== 'all' && { fields: fieldsFor[detail] }),
			...(q !== undefined && { q }),
			...(cursor !== null && { pq: cursor }),
		};
		const request = { method: 'GET', path: '/v1/runs', query } as const;
		const page = await requestJson(this.send, request, runListSchema);
		const runs = page.items.filter((run): run is Run => run !== null);
		const isLast =
			page.items.length === 0 ||
			page.cursor === cursor ||
			reachBefore(runs, backTo ?? filter.createdAfter);
		return { runs, cursor: isLast ? null : page.cursor };
	}
}

function isRefused(error: RunflowError): boolean {
	return error instanceof RunflowApiError && (error.httpStatus === 400 || error.httpStatus === 422);
}

/** The same request with less that may be refused; null if nothing is left to leave out. */
function plainerThan(
	{ fields, terms }: Wording,
	filter: RunFilter,
	{ detail }: PageRequest,
): Wording | null {
	if (fields && detail !== 'all') return { fields: false, terms };
	const canBePlainer = queryOf(filter, terms) !== queryOf(filter, 'undisputed');
	return canBePlainer ? { fields: false, terms: 'undisputed' } : null;
}

/**
 * Whether runs sorted newest first reach back before a moment, in milliseconds since 1970; never for null.
 */
function reachBefore(runs: Run[], moment: number | null): boolean {
	const times = runs.flatMap(({ createdAt }) => createdAt ?? []);
	const [newest = NaN] = times;
	const oldest = times.at(-1) ?? NaN;
	return moment !== null && oldest < moment && oldest <= newest;
}
