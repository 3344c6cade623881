import { RunflowApiError, RunflowError, returnRunflowError } from './errors';
import { queryOf, type FilterTerms, type RunFilter } from './filter';
import { requestJson, type Send } from './request';
import { runListSchema, type Run } from './run';

/** The most runs of one page (RUN-L). */
export const mostPerPage = 500;

/** The fields of a run that this package reads, so that a list carries them and no others (REQ, RUN-C). */
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

/** What a list says of each run: whether it has ended, also when and whom it called, what this package reads, or everything. */
export type ListDetail = 'status' | 'callback' | 'usual' | 'all';

const fieldsFor: Readonly<Record<Exclude<ListDetail, 'all'>, string>> = {
	status: 'id,status_code',
	callback: 'id,status_code,callback_url,created_at,completed_at',
	usual: fieldsRead,
};

/** Which part of a list is wanted: at most `limit` runs from `cursor` on, null for the start. */
export interface PageRequest {
	limit: number;
	cursor: string | null;
	/** What is wanted of each run, 'usual' unless said. */
	detail?: ListDetail;
	/** No page is read behind one that goes back beyond this moment, in milliseconds since 1970; that of the filter unless said. */
	backTo?: number;
}

/** Runs, newest first; `cursor` is where the next page begins, null after the last. */
export interface RunPage {
	runs: Run[];
	cursor: string | null;
}

/**
 * Pages one after the other, at most `mostPages`; `read` reads the one at a cursor. The last has a cursor
 * where there are more; a cursor that came before leads nowhere new. Throws what `read` throws: the pages before are with the caller, who decides
 * whether they are of use alone.
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
 * Shows each run of these pages to `visit`, and each only once, although runs that start meanwhile may put
 * one on two of them. Ends as soon as `visit` returns something, which becomes `found`; `isCutOff` says
 * that the last page read has others behind it. Throws what reading a page and `visit` throw.
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

/** What a list is asked for with: which fields of the runs, and how much of the filter. */
interface Wording {
	fields: boolean;
	terms: FilterTerms;
}

/**
 * Reads lists of runs (RUN-L, REQ), asked for as fully as the API accepts, and remembers for the next
 * page what it refused.
 */
export class RunLists {
	private wording: Wording = { fields: true, terms: 'all' };

	constructor(private readonly send: Send) {}

	/**
	 * Reads one page of the runs that may match: part of the filter may have been ignored or, after a
	 * 400 or 422, left out, so each run has to be held against it again. Throws RunflowError.
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

/** The same list asked for with less that may be refused; null where nothing is left to leave out. */
function plainerThan(
	{ fields, terms }: Wording,
	filter: RunFilter,
	{ detail }: PageRequest,
): Wording | null {
	if (fields && detail !== 'all') return { fields: false, terms };
	const canBePlainer = queryOf(filter, terms) !== queryOf(filter, 'undisputed');
	return canBePlainer ? { fields: false, terms: 'undisputed' } : null;
}

/** Whether runs that are sorted newest first go back beyond a moment, in milliseconds since 1970; never for null. */
function reachBefore(runs: Run[], moment: number | null): boolean {
	const times = runs.flatMap(({ createdAt }) => createdAt ?? []);
	const [newest = NaN] = times;
	const oldest = times.at(-1) ?? NaN;
	return moment !== null && oldest < moment && oldest <= newest;
}
