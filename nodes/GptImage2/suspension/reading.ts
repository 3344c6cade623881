import { RunflowError } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';
import type { LiveSuspension } from './live';
import {
	progressOf,
	runsToRead,
	type Reading,
	type ReadingInProgress,
	type RunReader,
	type SuspendedRuns,
} from './pending';

/** How long a run may still be read as pending after its own callback. */
const lagSeconds = 20;

/**
 * Reads the runs of a suspension until all have ended, or one is pending that hasn't called. A call that
 * comes while they are being read joins the reading and has it read once more: `joined` says that
 * somebody else began it. `connect` opens the API. The reading never rejects.
 */
export function readTogether(
	live: LiveSuspension,
	suspension: SuspendedRuns,
	connect: () => Promise<RunReader>,
): { joined: boolean; outcome: Promise<Reading> } {
	const joined = live.reading !== null;
	const reading = (live.reading ??= {
		again: true,
		outcome: Promise.resolve({ state: 'pending' }),
	});
	reading.again = true;
	if (joined) return { joined, outcome: reading.outcome };
	reading.outcome = readUntilClear(live, suspension, connect, reading).catch((): Reading => {
		live.reading = null;
		return { state: 'unreadable' };
	});
	return { joined, outcome: reading.outcome };
}

/** Leaves `live` in the same breath as it decides, so that no call joins a reading that is over. */
async function readUntilClear(
	live: LiveSuspension,
	suspension: SuspendedRuns,
	connect: () => Promise<RunReader>,
	reading: ReadingInProgress,
): Promise<Reading> {
	const reader = await connect();
	const awaited = new Set<string>();
	const isAwaited = (runId: string) => live.called.has(runId) && !awaited.has(runId);
	for (;;) {
		reading.again = false;
		const runs = await reader.readRuns(runsToRead(suspension), 'usual');
		const { pending, unreadable } = progressOf(runs, suspension);
		if (unreadable.length === 0 && pending.length > 0 && pending.every(isAwaited)) {
			for (const runId of pending) awaited.add(runId);
			await Promise.all(pending.map(async (runId) => await awaitEnd(reader, runs.get(runId))));
		} else if (unreadable.length > 0 || pending.length === 0 || !reading.again) {
			live.reading = null;
			if (unreadable.length > 0) return { state: 'unreadable' };
			return pending.length === 0 ? { state: 'ended', reader, runs } : { state: 'pending' };
		}
	}
}

/** Allows a run that has called a moment to be read as ended. */
async function awaitEnd(reader: RunReader, run: Run | RunflowError | undefined): Promise<void> {
	if (run === undefined || run instanceof RunflowError) return;
	await reader.waitForRun(run, { pollSeconds: 1, timeoutSeconds: lagSeconds }).catch(() => null);
}
