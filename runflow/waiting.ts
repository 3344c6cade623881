import { isNotFound, RunDeadlineError, RunflowError, StoppedError } from './errors';
import { beganAt, nextGap, type Pace } from './pace';
import { isPassing, retryDelay, type Pause } from './retry';
import type { Run } from './run';
import { isTerminal } from './status';

/** How many reads in a row may not find a run, whatever its age. */
const missingReadsTolerated = 3;

/**
 * For this long the API may not find a run that it has just created, because a read may reach a replica
 * that lags.
 */
const unknownForMs = 60_000;

/**
 * Whether a run that isn't found may be one that the API doesn't know yet; `createdAt` is in milliseconds
 * since 1970.
 */
export function mayBeUnknownYet(createdAt: number): boolean {
	return Date.now() - createdAt <= unknownForMs;
}

/** What waiting needs: the run as last seen, and the means to read it again. */
export interface Waiting {
	run: Run;
	/** Reads the run once; a read that fails isn't repeated. */
	read: (id: string, look: { gapMs: number; isLast: boolean }) => Promise<Run>;
	pause: Pause;
	pace: Pace;
	timeoutSeconds: number;
	/** When this process created the run, in milliseconds since 1970; absent if it didn't. */
	startedAt?: number;
	signal?: AbortSignal;
}

/**
 * Reads a run until it is terminal and returns it; a run that is already terminal isn't read at all.
 * Tolerates reads that fail with 429, 5xx or a lost connection, a few 404s, and any 404 for a run created
 * within the last minute. Throws RunDeadlineError after the timeout, StoppedError when the signal fires,
 * and any other RunflowError with the run's id.
 */
export async function waitForRun(waiting: Waiting): Promise<Run> {
	const { pace, pause, read, signal, timeoutSeconds } = waiting;
	const deadline = performance.now() + timeoutSeconds * 1000;
	const began = beganAt(waiting.startedAt ?? Date.now());
	const isNew = () => waiting.startedAt !== undefined && mayBeUnknownYet(waiting.startedAt);
	let { run } = waiting;
	let passingFailures = 0;
	let missingReads = 0;
	let gapMs = nextGap(performance.now() - began, pace);

	while (!isTerminal(run.status)) {
		const leftMs = deadline - performance.now();
		if (leftMs < 1) throw new RunDeadlineError(run.id, run.status, timeoutSeconds);
		try {
			await pause(Math.min(gapMs, leftMs), signal);
			run = await read(run.id, { gapMs, isLast: gapMs >= leftMs });
			passingFailures = 0;
			missingReads = 0;
			gapMs = nextGap(performance.now() - began, pace);
		} catch (error) {
			if (signal?.aborted) throw new StoppedError().about(run.id);
			gapMs = nextGap(performance.now() - began, pace);
			if (isPassing(error)) {
				gapMs = Math.max(gapMs, retryDelay(error, passingFailures++, 0));
			} else if (!isNotFound(error) || (++missingReads > missingReadsTolerated && !isNew())) {
				throw error instanceof RunflowError ? error.about(run.id) : error;
			}
		}
	}
	return run;
}
