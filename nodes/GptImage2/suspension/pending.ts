import type { RunflowClient } from '../../../runflow/client';
import { RunflowApiError } from '../../../runflow/errors';
import { Slots } from '../../../runflow/slots';
import { isTerminal } from '../../../runflow/status';

/** What reads runs. */
export type RunReader = Pick<RunflowClient, 'getRun' | 'waitForRun'>;

/** What reads a run without repeating a read that fails. */
type QuickReader = Pick<RunflowClient, 'getRunOnce'>;

/** The runs of a suspension, and when it began, in milliseconds since 1970. */
export interface SuspendedRuns {
	id: string;
	startedAt: number;
	runs: Array<{ runId: string }>;
}

const readsAtOnce = 10;

/** For this long the API may not know a run that it has only just created. */
const unknownForMs = 60_000;

/** Whether a run has ended. One that the API no longer knows has: it can't be waited for. Throws RunflowError. */
async function hasEnded(reader: RunReader, runId: string, startedAt: number): Promise<boolean> {
	const run = await reader.getRun(runId).catch((error: unknown) => {
		const isGone = error instanceof RunflowApiError && error.httpStatus === 404;
		if (!isGone) throw error;
		return null;
	});
	return run === null ? Date.now() - startedAt > unknownForMs : isTerminal(run.status);
}

/**
 * The position of the first run that is pending, from `start` on; the number of runs where all have
 * ended. Reads one run after the other and none after the pending one. Throws RunflowError.
 */
export async function firstPending(
	reader: RunReader,
	{ runs, startedAt }: SuspendedRuns,
	start: number,
): Promise<number> {
	for (const [offset, { runId }] of runs.slice(start).entries()) {
		if (!(await hasEnded(reader, runId, startedAt))) return start + offset;
	}
	return runs.length;
}

/**
 * Whether any of these runs is pending, or can't be read just now. A quick read, some at once and each
 * only once, since the execution is held meanwhile. Never throws.
 */
export async function anyPending(reader: QuickReader, runIds: string[]): Promise<boolean> {
	const slots = new Slots(readsAtOnce);
	let found = false;
	await Promise.all(
		runIds.map(async (runId) => {
			await slots.use(async () => {
				if (found) return;
				const run = await reader.getRunOnce(runId).catch(() => null);
				found ||= run === null || !isTerminal(run.status);
			});
		}),
	);
	return found;
}
