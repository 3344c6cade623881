import { RunflowError } from './errors';
import { everyRun } from './filter';
import { pagesOf, walk, type RunLists } from './lists';
import { readRun } from './reads';
import type { Send } from './request';
import { isPassing } from './retry';
import type { Run } from './run';
import { isSameInput } from './sameInput';

/** The run of an earlier create. */
export interface WantedRun {
	clientRef: string;
	/** When the first create was sent, in milliseconds since 1970. */
	startedAt: number;
	/** What was sent, where other runs may have the same `clientRef`; null where none can. */
	input: object | null;
	/** Whether a run is known to be that of another create. */
	isTaken?: (run: Run) => boolean;
	/** Takes the run once it is known to be the wanted one; false where another create has it by now. */
	take?: (run: Run) => boolean;
}

/** How far the clocks of the API and of this machine may be apart. */
export const clockSkewMs = 300_000;

const runsPerPage = 100;
const mostPages = 10;

/** How many runs are read one by one where the list doesn't say whose they are. */
const mostUnnamedReads = 20;

/**
 * Finds the run of an earlier create in the list, newest first and no further back than that create,
 * and returns it as `GET /v1/runs/{id}` answers it, or as the list has it where that read is refused.
 * Null where there is none. A run counts by its `client_ref`; where that may be another's too, only if
 * it is new enough and was made from the same input. Throws RunflowError.
 */
export async function findRun(send: Send, lists: RunLists, wanted: WantedRun): Promise<Run | null> {
	const filter = { ...everyRun, clientRef: wanted.clientRef };
	const backTo = earliest(wanted);
	const readPage = async (cursor: string | null) =>
		await lists.read(filter, { limit: runsPerPage, cursor, backTo });
	let unnamedReads = 0;
	const { found } = await walk(pagesOf(readPage, mostPages), async (listed) => {
		if (!mayBeWanted(listed, wanted)) return undefined;
		if (listed.client_ref === null && ++unnamedReads > mostUnnamedReads) return undefined;
		const run = await readListed(send, listed);
		return isWanted(run, listed, wanted) && (wanted.take?.(run) ?? true) ? run : undefined;
	});
	return found ?? null;
}

/** Whether a run in the list may be the wanted one; what the list leaves out speaks for it. */
function mayBeWanted(run: Run, wanted: WantedRun): boolean {
	const { clientRef, input, isTaken } = wanted;
	if (isTaken?.(run)) return false;
	if (run.client_ref !== null && run.client_ref !== clientRef) return false;
	if (run.client_ref === clientRef && input === null) return true;
	if (run.createdAt !== null && run.createdAt < earliest(wanted)) return false;
	return input === null || run.input === null || isSameInput(input, run.input);
}

/** Whether a run, as it was read and as the list has it, is the wanted one; what is left out speaks against it. */
function isWanted(run: Run, listed: Run, wanted: WantedRun): boolean {
	const { clientRef, input } = wanted;
	if ((run.client_ref ?? listed.client_ref) !== clientRef) return false;
	if (input === null) return true;
	const createdAt = run.createdAt ?? listed.createdAt ?? NaN;
	return createdAt >= earliest(wanted) && isSameInput(input, run.input ?? listed.input);
}

/** The run that the list names, read anew; a read that is refused can't undo what the list holds. */
async function readListed(send: Send, listed: Run): Promise<Run> {
	return await readRun(send, listed.id).catch((error: unknown) => {
		if (error instanceof RunflowError && !isPassing(error)) return listed;
		throw error;
	});
}

function earliest({ startedAt }: WantedRun): number {
	return startedAt - clockSkewMs;
}
