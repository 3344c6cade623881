import { RunDeadlineError, RunflowApiError, RunflowError, StoppedError } from './errors';
import { isPassing, retryDelay, type Pause } from './retry';
import type { Run } from './run';
import { isTerminal } from './status';

/** How often a run is looked at; all in milliseconds. */
export interface Pace {
	first: number;
	shortest: number;
	longest: number;
}

const gapPerElapsed = 0.1;
const missingReadsTolerated = 3;

/**
 * The pace for a poll interval in seconds: the first look after a fifth of it, then gaps from a tenth of
 * it up to the whole.
 */
export function paceOf(pollInterval: number): Pace {
	const longest = pollInterval * 1000;
	return { first: longest / 5, shortest: longest / 10, longest };
}

/**
 * How long to wait before the next look, in milliseconds, at a run that is `elapsed` milliseconds old.
 * The gap is a tenth of the run's age, so a run is never seen much later than it ended, measured by how
 * long it took, and a long run costs few reads.
 */
export function nextGap(elapsed: number, pace: Pace): number {
	if (elapsed < pace.first) return pace.first - elapsed;
	return Math.min(Math.max(elapsed * gapPerElapsed, pace.shortest), pace.longest);
}

/** What waiting needs: the run as last seen and the means to look again. */
export interface Waiting {
	run: Run;
	/** Reads the run once (RunflowClient.getRun). */
	read: (id: string) => Promise<Run>;
	pause: Pause;
	pace: Pace;
	/** How long to wait at most, in seconds. */
	timeout: number;
	signal: AbortSignal;
}

/**
 * Looks at a run until it is terminal and gives it; one that is terminal already isn't read at all.
 * Reads that fail with 429, 5xx or a lost connection are survived, and so are a few 404 of a run that the
 * API has only just made. Throws RunDeadlineError after `timeout`, StoppedError when the signal
 * fires, and any other RunflowError with the run's id.
 */
export async function waitForRun(waiting: Waiting): Promise<Run> {
	const { pace, pause, read, signal, timeout } = waiting;
	const started = Date.now();
	let { run } = waiting;
	let failedReads = 0;
	let gap = pace.first;

	while (!isTerminal(run.status)) {
		const left = started + timeout * 1000 - Date.now();
		if (left <= 0) throw new RunDeadlineError(run.id, run.status, timeout);
		await pauseUnlessStopped(pause, Math.min(gap, left), run.id, signal);
		try {
			run = await read(run.id);
			failedReads = 0;
			gap = nextGap(Date.now() - started, pace);
		} catch (error) {
			if (signal.aborted) throw new StoppedError().about(run.id);
			failedReads += 1;
			gap = nextGap(Date.now() - started, pace);
			if (isPassing(error)) {
				gap = Math.max(gap, retryDelay(error, failedReads - 1, 0));
			} else if (!isMissing(error) || failedReads > missingReadsTolerated) {
				throw error instanceof RunflowError ? error.about(run.id) : error;
			}
		}
	}
	return run;
}

function isMissing(error: unknown): boolean {
	return error instanceof RunflowApiError && error.status === 404;
}

async function pauseUnlessStopped(pause: Pause, gap: number, runId: string, signal: AbortSignal) {
	try {
		await pause(gap, signal);
	} catch (error) {
		throw signal.aborted ? new StoppedError().about(runId) : error;
	}
}
