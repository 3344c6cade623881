import type { RunflowClient } from '../../../runflow/client';
import { RunflowError } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';
import { RecentKeys } from '../recentKeys';
import { progressOf, runsToRead, type RunReader, type SuspendedRuns } from './pending';

/** The runs of a suspension as they were read, by id, or why one can't be read. */
export type ReadRuns = ReadonlyMap<string, Run | RunflowError>;

/** What a reading found: whether all runs have ended, or that they could not be read. */
export type Reading<Reader extends RunReader> =
	| { state: 'ended'; reader: Reader; runs: ReadRuns }
	| { state: 'pending' }
	| { state: 'unreadable' };

interface ReadingInProgress<Reader extends RunReader> {
	/** The runs that have called since it began. */
	callers: Set<string>;
	/** Whether another call came, so that it has to read once more. */
	again: boolean;
	outcome: Promise<Reading<Reader>>;
}

/** How long a run may still be read as pending after its own callback. */
const lagSeconds = 20;

/** How long calls that come at the same moment are kept from resuming twice. */
const resumedForMs = 60_000;

/**
 * One reading per suspension at a time, in this process: a call that comes meanwhile joins it and makes
 * it read once more.
 */
export class Readings<Reader extends RunReader> {
	private readonly inProgress = new Map<string, ReadingInProgress<Reader>>();

	private readonly resuming = new Set<string>();

	private readonly resumed = new RecentKeys(resumedForMs);

	/** Whether this process is resuming the suspension, or has just resumed it. */
	isResumed(suspensionId: string): boolean {
		return this.resuming.has(suspensionId) || this.resumed.has(suspensionId);
	}

	/**
	 * Makes the items with which a suspension is resumed; until then, and for a moment after, it counts
	 * as resumed. Should n8n then fail to resume, a later call can still do so.
	 */
	async resume<T>(suspensionId: string, makeItems: () => Promise<T>): Promise<T> {
		this.resuming.add(suspensionId);
		return await makeItems().finally(() => {
			this.resuming.delete(suspensionId);
			this.resumed.add(suspensionId);
		});
	}

	/**
	 * Reads the runs of a suspension until all have ended, or one is pending that hasn't called since.
	 * `calledBy` are the runs that are known to have called; `connect` opens the API. `joined` says that somebody else began this reading. The reading never rejects.
	 */
	read(
		suspension: SuspendedRuns,
		calledBy: readonly string[],
		connect: () => Promise<Reader>,
	): { joined: boolean; outcome: Promise<Reading<Reader>> } {
		const joined = this.inProgress.get(suspension.id);
		const reading = joined ?? this.begin(suspension, connect);
		reading.again = true;
		for (const runId of calledBy) reading.callers.add(runId);
		return { joined: joined !== undefined, outcome: reading.outcome };
	}

	private begin(
		suspension: SuspendedRuns,
		connect: () => Promise<Reader>,
	): ReadingInProgress<Reader> {
		const reading: ReadingInProgress<Reader> = {
			callers: new Set<string>(),
			again: false,
			outcome: Promise.resolve({ state: 'pending' }),
		};
		this.inProgress.set(suspension.id, reading);
		reading.outcome = this.readUntilClear(suspension, connect, reading).catch(
			(): Reading<Reader> => {
				this.inProgress.delete(suspension.id);
				return { state: 'unreadable' };
			},
		);
		return reading;
	}

	/** Leaves `inProgress` in the same breath as it decides, so that no call joins a reading that is over. */
	private async readUntilClear(
		suspension: SuspendedRuns,
		connect: () => Promise<Reader>,
		reading: ReadingInProgress<Reader>,
	): Promise<Reading<Reader>> {
		const { id } = suspension;
		const reader = await connect();
		for (;;) {
			reading.again = false;
			const runs = await reader.readRuns(runsToRead(suspension), 'usual');
			const { pending, unreadable } = progressOf(runs, suspension);
			if (unreadable.length > 0) {
				this.inProgress.delete(id);
				return { state: 'unreadable' };
			}
			if (pending.length === 0) {
				this.inProgress.delete(id);
				return { state: 'ended', reader, runs };
			}
			if (pending.every((runId) => reading.callers.has(runId))) {
				for (const runId of pending) reading.callers.delete(runId);
				await Promise.all(pending.map(async (runId) => await awaitEnd(reader, runs.get(runId))));
			} else if (!reading.again) {
				this.inProgress.delete(id);
				return { state: 'pending' };
			}
		}
	}
}

/** Allows a run that has called a moment to be read as ended. */
async function awaitEnd(reader: RunReader, run: Run | RunflowError | undefined): Promise<void> {
	if (run === undefined || run instanceof RunflowError) return;
	await reader.waitForRun(run, { pollSeconds: 1, timeoutSeconds: lagSeconds }).catch(() => null);
}

/** The readings of this process. */
export const readings = new Readings<RunflowClient>();
