import type { RunflowClient } from '../../../runflow/client';
import { RecentKeys } from '../recentKeys';
import { firstPending, type RunReader, type SuspendedRuns } from './pending';

/** What a reading found: whether all runs have ended, or that they could not be read. */
export type Reading<Reader extends RunReader> =
	{ state: 'ended'; reader: Reader } | { state: 'pending' } | { state: 'unreadable' };

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

const mostPositions = 10_000;

/**
 * One reading per suspension at a time, in this process: a call that comes meanwhile joins it and makes
 * it read once more.
 */
export class Readings<Reader extends RunReader> {
	private readonly inProgress = new Map<string, ReadingInProgress<Reader>>();

	/** How many runs of a suspension are known to have ended; only saves reads, so it may be lost. */
	private readonly positions = new Map<string, number>();

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
		this.positions.delete(suspensionId);
		return await makeItems().finally(() => {
			this.resuming.delete(suspensionId);
			this.resumed.add(suspensionId);
		});
	}

	/**
	 * Reads the runs of a suspension until one is found that is pending and hasn't called since, or all
	 * have ended. `calledBy` is the run whose callback asks for it, null for any other call; `connect`
	 * opens the API. `joined` says that somebody else began this reading. The reading never rejects.
	 */
	read(
		suspension: SuspendedRuns,
		calledBy: string | null,
		connect: () => Promise<Reader>,
	): { joined: boolean; outcome: Promise<Reading<Reader>> } {
		const joined = this.inProgress.get(suspension.id);
		const reading = joined ?? this.begin(suspension, connect);
		reading.again = true;
		if (calledBy !== null) reading.callers.add(calledBy);
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
		const { id, runs } = suspension;
		const reader = await connect();
		for (;;) {
			reading.again = false;
			const position = await firstPending(reader, suspension, this.positions.get(id) ?? 0);
			this.notePosition(id, position);
			const pending = runs[position];
			if (pending === undefined) {
				this.inProgress.delete(id);
				return { state: 'ended', reader };
			}
			if (reading.callers.delete(pending.runId)) {
				await awaitEnd(reader, pending.runId);
			} else if (!reading.again) {
				this.inProgress.delete(id);
				return { state: 'pending' };
			}
		}
	}

	private notePosition(suspensionId: string, position: number): void {
		if (this.positions.size >= mostPositions) this.positions.clear();
		this.positions.set(suspensionId, position);
	}
}

/** Gives a run that has called a moment to be read as ended. */
async function awaitEnd(reader: RunReader, runId: string): Promise<void> {
	const run = await reader.getRun(runId).catch(() => null);
	if (run === null) return;
	await reader.waitForRun(run, { pollSeconds: 1, timeoutSeconds: lagSeconds }).catch(() => null);
}

/** The readings of this process. */
export const readings = new Readings<RunflowClient>();
