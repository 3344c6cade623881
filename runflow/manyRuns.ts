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

/** The list is asked for what was created after a moment, so the first run itself has to be after it. */
const beforeFirstMs = 1_000;

/**
 * What one list shows of these runs, by id: newest first, no further back than the first was created, and
 * no more pages than runs that weren't found yet would take to be read one by one. Throws what `readPage`
 * throws.
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

/** Whether a run in a list says all that is wanted of it; a status that isn't known may need the rest of the run. */
export function shows(run: Run, detail: ListDetail): boolean {
	if (!isKnownStatus(run.status)) return false;
	if (detail === 'status' || !isTerminal(run.status)) return true;
	return hasSucceeded(run.status) ? run.images.length > 0 : run.failure !== null;
}
