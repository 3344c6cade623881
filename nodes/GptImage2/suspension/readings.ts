import type { RunflowClient } from '../../../runflow/client';
import type { Run } from '../../../runflow/run';
import { isTerminal } from '../../../runflow/status';
import { RecentKeys } from '../recentKeys';

/** What a reading needs of the API. */
export type RunReader = Pick<RunflowClient, 'getRun' | 'waitForRun'>;

/** What a reading found: whether all runs have ended, or that they could not be read. */
export type Reading<Reader extends RunReader> =
	{ state: 'ended'; reader: Reader } | { state: 'pending' } | { state: 'unreadable' };

/** The suspension that is read: its id, and its runs. */
export interface ReadSuspension {
	id: string;
	runs: Array<{ runId: string }>;
}

interface ReadingInProgress<Reader extends RunReader> {
	/** The runs that have called since it began. */
	callers: Set<string>;
	/** Whether another call came, so that it has to read once more. */
	again: boolean;
	outcome: Promise<Reading<Reader>>;
}

/** How long a run may still be read as pending after its own callback. */
const lagSeconds = 20;

const resumedForMs = 3_600_000;
const mostPositions = 10_000;

/**
 * One reading per suspension at a time, in this process: a call that comes meanwhile joins it and makes
 * it read once more.
 */
export class Readings<Reader extends RunReader> {
	private readonly inProgress = new Map<string, ReadingInProgress<Reader>>();

	/** How many runs of a suspension are known to have ended; only saves reads, so it may be lost. */
	private readonly positions = new Map<string, number>();

	private readonly resumed = new RecentKeys(resumedForMs);

	/** Whether this process is resuming the suspension, or has resumed it. */
	isResumed(suspensionId: string): boolean {
		return this.resumed.has(suspensionId);
	}

	/** Notes that this process resumes the suspension. */
	resume(suspensionId: string): void {
		this.resumed.add(suspensionId);
		this.positions.delete(suspensionId);
	}

	/**
	 * Reads the runs of a suspension until one is found that is pending and hasn't called since, or all
	 * have ended. `calledBy` is the run whose callback asks for it, null for any other call; `connect`
	 * opens the API. `joined` says that somebody else began this reading. The reading never rejects.
	 */
	read(
		suspension: ReadSuspension,
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
		suspension: ReadSuspension,
		connect: () => Promise<Reader>,
	): ReadingInProgress<Reader> {
		const callers = new Set<string>();
		const reading: ReadingInProgress<Reader> = {
			callers,
			again: false,
			outcome: Promise.resolve({ state: 'pending' }),
		};
		this.inProgress.set(suspension.id, reading);
		reading.outcome = this.readUntilClear(suspension, connect, reading)
			.catch((): Reading<Reader> => ({ state: 'unreadable' }))
			.finally(() => this.inProgress.delete(suspension.id));
		return reading;
	}

	private async readUntilClear(
		suspension: ReadSuspension,
		connect: () => Promise<Reader>,
		reading: ReadingInProgress<Reader>,
	): Promise<Reading<Reader>> {
		const reader = await connect();
		for (;;) {
			reading.again = false;
			const pending = await this.firstPending(suspension, reader);
			if (pending === null) return { state: 'ended', reader };
			if (reading.callers.delete(pending.id)) {
				await reader
					.waitForRun(pending, { pollSeconds: 1, timeoutSeconds: lagSeconds })
					.catch(() => null);
			} else if (!reading.again) {
				return { state: 'pending' };
			}
		}
	}

	/** Reads on, one run after the other, from where the last reading came to: what has ended stays so. */
	private async firstPending({ id, runs }: ReadSuspension, reader: Reader): Promise<Run | null> {
		const start = this.positions.get(id) ?? 0;
		for (const [offset, { runId }] of runs.slice(start).entries()) {
			const run = await reader.getRun(runId);
			if (isTerminal(run.status)) continue;
			this.notePosition(id, start + offset);
			return run;
		}
		this.notePosition(id, runs.length);
		return null;
	}

	private notePosition(suspensionId: string, position: number): void {
		if (this.positions.size >= mostPositions) this.positions.clear();
		this.positions.set(suspensionId, position);
	}
}
