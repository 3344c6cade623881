import { RunDeadlineError, RunflowApiError, RunflowError, StoppedError } from './errors';
import { nextGap, type Pace } from './pace';
import { isPassing, retryDelay, type Pause } from './retry';
import type { Run } from './run';
import { isTerminal } from './status';

const missingReadsTolerated = 3;

/** What waiting needs: the run as last seen and the means to read it again. */
export interface Waiting {
	run: Run;
	/** Reads the run once, without repeating a read that fails. */
	read: (id: string, look: { gapMs: number; isLast: boolean }) => Promise<Run>;
	pause: Pause;
	pace: Pace;
	timeoutSeconds: number;
	/** When the run began, in milliseconds since 1970; now unless said. */
	startedAt?: number;
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
	const deadline = Date.now() + timeoutSeconds * 1000;
	const startedAt = waiting.startedAt ?? Date.now();
	let { run } = waiting;
	let passingFailures = 0;
	let missingReads = 0;
	let gapMs = nextGap(Date.now() - startedAt, pace);

	while (!isTerminal(run.status)) {
		const leftMs = deadline - Date.now();
		if (leftMs <= 0) throw new RunDeadlineError(run.id, run.status, timeoutSeconds);
		try {
			await pause(Math.min(gapMs, leftMs), signal);
			run = await read(run.id, { gapMs, isLast: gapMs >= leftMs });
			passingFailures = 0;
			missingReads = 0;
			gapMs = nextGap(Date.now() - startedAt, pace);
		} catch (error) {
			if (signal?.aborted) throw new StoppedError().about(run.id);
			gapMs = nextGap(Date.now() - startedAt, pace);
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
