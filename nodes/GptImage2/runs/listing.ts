import type { RunflowClient } from '../../../runflow/client';
import { RunflowApiError } from '../../../runflow/errors';
import { everyRun } from '../../../runflow/filter';
import { walk } from '../../../runflow/lists';
import { isPassing } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';

const runsPerPage = 200;

/** What the API listed. */
export interface Listing {
	/** Newest first. */
	runs: Run[];
	/** Whether there are more runs than are looked through. */
	isCutOff: boolean;
	/** The status with which the API refused to list them, or the rest of them; null where it didn't. */
	refusedStatus: number | null;
}

/**
 * Lists the account's runs since a moment, in milliseconds since 1970, as far as the API lists them: a
 * refusal ends the list, whatever page it comes with. Throws RunflowError where a page can't be read for
 * another reason, because a run that is already paid for may be on it.
 */
export async function listRunsSince(
	client: RunflowClient,
	{ mostPages, since }: { mostPages: number; since: number },
	signal: AbortSignal,
): Promise<Listing> {
	const filter = { ...everyRun, createdAfter: since };
	const pages = client.runPages(filter, { limit: runsPerPage, mostPages }, signal);
	const runs: Run[] = [];
	const walked = await walk(pages, (run) => void runs.push(run)).catch(returnRefusal);
	return walked instanceof RunflowApiError
		? { runs, isCutOff: false, refusedStatus: walked.httpStatus }
		: { runs, isCutOff: walked.isCutOff, refusedStatus: null };
}

function returnRefusal(error: unknown): RunflowApiError {
	if (!isPassing(error) && error instanceof RunflowApiError) return error;
	throw error;
}
