import type { RunflowClient } from '../../../../runflow/client';
import type { Run } from '../../../../runflow/run';
import type { RunSearch } from '../../parameters/run';

const runsPerPage = 100;

/** Which runs are wanted; `whole` with all their fields, not only those that this package reads. */
export type WantedRuns = Pick<RunSearch, 'filter' | 'limit'> & { whole: boolean };

/**
 * The runs that match, newest first, read page by page; runs that start meanwhile may show a run on two
 * of them. Throws RunflowError; ends early when the signal fires.
 */
export async function findRuns(
	client: RunflowClient,
	{ filter, limit, whole }: WantedRuns,
	signal?: AbortSignal,
): Promise<Run[]> {
	const found = new Map<string, Run>();
	let cursor: string | null = null;
	do {
		const page = { limit: Math.min(limit, runsPerPage), cursor, whole };
		const { runs, cursor: next } = await client.listRuns(filter, page, signal);
		for (const run of runs) found.set(run.id, run);
		cursor = next;
	} while (cursor !== null && found.size < limit && !signal?.aborted);
	return [...found.values()].slice(0, limit);
}
