import { RunDeadlineError, RunflowApiError, RunflowError, StoppedError } from './errors';
import { isPassing, retryDelay, type Pause } from './retry';
import type { Run } from './run';
import { isTerminal } from './status';

/** How often a run is read while it is pending. */
export interface Pace {
	firstMs: number;
	shortestMs: number;
	longestMs: number;
}

const gapPerElapsed = 0.1;
const missingReadsTolerated = 3;

/**
 * The pace for a poll interval: the first read after a fifth of it, then gaps from a tenth of it up
 * to the whole.
 */
export function paceOf(pollSeconds: number): Pace {
	const longestMs = pollSeconds * 1000;
	return { firstMs: longestMs / 5, shortestMs: longestMs / 10, longestMs };
}

/**
 * How long to wait before the next read of a run that is `elapsedMs` old, in milliseconds. The gap
 * is a tenth of the run's age, so a run is never seen much later than it ended, measured by how long
 * it took, and a long run costs few reads.
 */
export function nextGap(elapsedMs: number, pace: Pace): number {
	if (elapsedMs < pace.firstMs) return pace.firstMs - elapsedMs;
	return Math.min(Math.max(elapsedMs * gapPerElapsed, pace.shortestMs), pace.longestMs);
}

/** What waiting needs: the run as last seen and the means to read it again. */
export interface Waiting {
	run: Run;
	/** Reads the run once, without repeating a read that fails. */
	read: (id: string) => Promise<Run>;
	pause: Pause;
	pace: Pace;
	timeoutSeconds: number;
	signal?: AbortSignal;
}

/**
 * Reads a run until it is terminal and returns it; one that is terminal already isn't read at all.
 * Survives reads that fail with 429, 5xx or a lost connection, and a few 404 of a run that the API
 * has only just created. Throws RunDeadlineError after the timeout, StoppedError when the signal
 * fires, and any other RunflowError with the run's id.
 */
export async function waitForRun(waiting: Waiting): Promise<Run> {
	const { pace, pause, read, signal, timeoutSeconds } = waiting;
	const started = Date.now();
	let { run } = waiting;
	let passingFailures = 0;
	let missingReads = 0;
	let gapMs = pace.firstMs;

	while (!isTerminal(run.status)) {
		const leftMs = started + timeoutSeconds * 1000 - Date.now();
		if (leftMs <= 0) throw new RunDeadlineError(run.id, run.status, timeoutSeconds);
		try {
			await pause(Math.min(gapMs, leftMs), signal);
			run = await read(run.id);
			passingFailures = 0;
			missingReads = 0;
			gapMs = nextGap(Date.now() - started, pace);
		} catch (error) {
			if (signal?.aborted) throw new StoppedError().about(run.id);
			gapMs = nextGap(Date.now() - started, pace);
			if (isPassing(error)) {
				gapMs = Math.max(gapMs, retryDelay(error, passingFailures++, 0));
			} else if (!isMissing(error) || ++missingReads > missingReadsTolerated) {
				throw error instanceof RunflowError ? error.about(run.id) : error;
			}
		}
	}
	return run;
}

function isMissing(error: unknown): boolean {
	return error instanceof RunflowApiError && error.httpStatus === 404;
}
