import { everyRun, type RunFilter } from './filter';
import {
	mostPerPage,
	pagesOf,
	walk,
	type ListDetail,
	type PageRequest,
	type RunPage,
} from './lists';
import type { Run } from './run';
import { hasSucceeded, isKnownStatus, isTerminal } from './status';

/** Several runs, and when the first of them was created, in milliseconds since 1970 by the API's clock. */
export interface ManyRuns {
	ids: ReadonlySet<string>;
	createdAt: number;
}

/** Reads a page of the runs that match. */
type ReadPage = (filter: RunFilter, page: PageRequest) => Promise<RunPage>;

/** The list returns what was created after a moment, so that moment must be before the first run. */
const beforeFirstMs = 1_000;

/**
 * Returns what one list shows of these runs, by id: newest first, no further back than the creation of the
 * first, and with no more pages than it would take to read the missing runs one by one. Throws what
 * `readPage` throws.
 */
export async function listThem(
	readPage: ReadPage,
	{ createdAt, ids }: ManyRuns,
	detail: ListDetail,
): Promise<Map<string, Run>> {
	const filter = { ...everyRun, createdAfter: createdAt - beforeFirstMs };
	const read = async (cursor: string | null) =>
		await readPage(filter, { limit: mostPerPage, cursor, detail });
	const found = new Map<string, Run>();
	await walk(pagesOf(read, ids.size), (run) => {
		if (ids.has(run.id)) found.set(run.id, run);
		return found.size === ids.size || undefined;
	});
	return found;
}

/**
 * Whether a listed run includes everything that is wanted of it; with an unknown status, the rest of the
 * run may be needed.
 */
export function shows(run: Run, detail: ListDetail): boolean {
	if (!isKnownStatus(run.status)) return false;
	if (detail === 'status' || !isTerminal(run.status)) return true;
	return hasSucceeded(run.status) ? run.images.length > 0 : run.failure !== null;
}
