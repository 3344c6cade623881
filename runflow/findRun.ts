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
	/** What was sent, if other runs may have the same `clientRef`; null if none can. */
	input: object | null;
	/** Whether a run is known to belong to another create. */
	isTaken?: (run: Run) => boolean;
	/** Claims the run once it is identified; false if another create has claimed it in the meantime. */
	take?: (run: Run) => boolean;
}

/** How far the clocks of the API and of this machine may differ. */
export const clockSkewMs = 300_000;

const runsPerPage = 100;
const mostPages = 10;

/** How many runs are read one by one if the list doesn't say whose they are. */
const mostUnnamedReads = 20;

/**
 * Finds the run of an earlier create in the list, which is read newest first and no further back than that
 * create. Returns the run as `GET /v1/runs/{id}` does, or as the list shows it if that read is refused;
 * null if there is none. A run is identified by its `client_ref`; if another run may have the same one, it
 * must also be new enough and made from the same input. Throws RunflowError.
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

/** Whether a run in the list may be the wanted one; a value missing from the list doesn't rule it out. */
function mayBeWanted(run: Run, wanted: WantedRun): boolean {
	const { clientRef, input, isTaken } = wanted;
	if (isTaken?.(run)) return false;
	if (run.client_ref !== null && run.client_ref !== clientRef) return false;
	if (run.client_ref === clientRef && input === null) return true;
	if (run.createdAt !== null && run.createdAt < earliest(wanted)) return false;
	return input === null || run.input === null || isSameInput(input, run.input);
}

/** Whether a run, as read and as listed, is the wanted one; a missing value rules it out. */
function isWanted(run: Run, listed: Run, wanted: WantedRun): boolean {
	const { clientRef, input } = wanted;
	if ((run.client_ref ?? listed.client_ref) !== clientRef) return false;
	if (input === null) return true;
	const createdAt = run.createdAt ?? listed.createdAt ?? NaN;
	return createdAt >= earliest(wanted) && isSameInput(input, run.input ?? listed.input);
}

/** Reads a listed run again; if the read is refused, returns the run as listed. */
async function readListed(send: Send, listed: Run): Promise<Run> {
	return await readRun(send, listed.id).catch((error: unknown) => {
		if (error instanceof RunflowError && !isPassing(error)) return listed;
		throw error;
	});
}

function earliest({ startedAt }: WantedRun): number {
	return startedAt - clockSkewMs;
}
