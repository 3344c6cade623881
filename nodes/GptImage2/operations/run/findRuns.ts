import type { RunflowClient } from '../../../../runflow/client';
import type { Run } from '../../../../runflow/run';
import type { RunSearch } from '../../parameters/run';

const runsPerPage = 100;

/** The runs that match, newest first, read page by page. Throws RunflowError; ends early when the signal fires. */
export async function findRuns(
	client: RunflowClient,
	{ filter, limit }: Pick<RunSearch, 'filter' | 'limit'>,
	signal?: AbortSignal,
): Promise<Run[]> {
	const found: Run[] = [];
	let cursor: string | null = null;
	do {
		const page = { limit: Math.min(limit, runsPerPage), cursor };
		const { runs, cursor: next } = await client.listRuns(filter, page, signal);
		found.push(...runs);
		cursor = next;
	} while (cursor !== null && found.length < limit && !signal?.aborted);
	return found.slice(0, limit);
}
