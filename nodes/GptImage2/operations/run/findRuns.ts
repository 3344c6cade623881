import type { RunflowClient } from '../../../../runflow/client';
import { walk, type ListDetail } from '../../../../runflow/lists';
import type { Run } from '../../../../runflow/run';
import type { RunSearch } from '../../parameters/run';

const runsPerPage = 100;

/** Which runs are wanted, and what of each. */
type WantedRuns = Pick<RunSearch, 'filter' | 'limit'> & { detail: ListDetail };

/**
 * The runs that match, newest first, read page by page; runs that start meanwhile may show a run on two
 * of them. Throws RunflowError; ends early when the signal fires.
 */
export async function findRuns(
	client: RunflowClient,
	{ filter, limit, detail }: WantedRuns,
	signal?: AbortSignal,
): Promise<Run[]> {
	const found: Run[] = [];
	const page = { limit: Math.min(limit, runsPerPage), detail };
	await walk(client.runPages(filter, page, signal), (run) => {
		found.push(run);
		return found.length >= limit || signal?.aborted ? true : undefined;
	});
	return found;
}
