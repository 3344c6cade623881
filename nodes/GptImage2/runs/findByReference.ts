import type { RunflowClient } from '../../../runflow/client';
import { RunflowApiError, UnknownRunsError } from '../../../runflow/errors';
import { isPassing } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import { mayDeliver } from '../../../runflow/status';
import type { Owners } from './owners';
import { comparableInputOf } from './ownReferences';
import type { NodeExecution } from './reference';
import type { Request } from './request';

/** What is needed to search for the run of an item. */
interface Search {
	client: RunflowClient;
	execution: NodeExecution;
	owners: Owners;
}

/**
 * Returns the run of this execution that a reference leads to, by a search for that reference alone; null if
 * there is none. The run then belongs to the item. Throws UnknownRunsError if the API refuses the search,
 * otherwise RunflowError.
 */
export async function findByReference(
	{ client, execution, owners }: Search,
	request: Request,
	clientRef: string,
	signal: AbortSignal,
): Promise<Run | null> {
	const { isTaken, take } = owners.claimOf(execution, request);
	const wanted = {
		clientRef,
		startedAt: execution.beginning.establishedAt ?? 0,
		input: comparableInputOf(request.plan),
		isTaken,
		take: (run: Run) => mayDeliver(run.status) && take(run),
	};
	return await client.findRun(wanted, signal).catch((error: unknown) => {
		if (isPassing(error) || !(error instanceof RunflowApiError)) throw error;
		throw new UnknownRunsError(error.httpStatus);
	});
}
