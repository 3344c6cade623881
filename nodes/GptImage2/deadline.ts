import { sleep } from 'n8n-workflow';

/** Work was not done in time, or whoever wanted it no longer does. */
export class TimeOverError extends Error {
	readonly code = 'ETIMEDOUT';
}

/**
 * One error for all, because creating an error takes longer than ending a timer, and each request has a
 * timer to end.
 */
const timeIsOver = new TimeOverError('The time is over');

/** The longest possible timer, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Does work that may take this many milliseconds; `outer` ends it earlier. The signal passed to the work
 * fires when its time is over, and when it has failed, so that whatever it left open is closed. Throws
 * TimeOverError, and what the work throws.
 */
export async function within<T>(
	milliseconds: number,
	work: (signal: AbortSignal) => Promise<T>,
	outer?: AbortSignal,
): Promise<T> {
	const timer = new AbortController();
	const stop = new AbortController();
	const end = () => timer.abort(timeIsOver);
	outer?.addEventListener('abort', end, { once: true });
	if (outer?.aborted) end();
	const timeOver = sleep(Math.min(milliseconds, longestTimerMs), timer.signal)
		.catch(() => null)
		.then((): never => {
			throw timeIsOver;
		});
	let isDone = false;
	try {
		const result = await Promise.race([work(stop.signal), timeOver]);
		isDone = true;
		return result;
	} finally {
		if (!isDone) stop.abort(timeIsOver);
		outer?.removeEventListener('abort', end);
		end();
	}
}

/** When something must be done, in milliseconds by the clock that nobody can set. */
export type Deadline = number;

/** Returns the deadline this many milliseconds from now. */
export function deadlineIn(milliseconds: number): Deadline {
	return performance.now() + milliseconds;
}

/**
 * Returns the milliseconds until a deadline; if several parts must be done by then, those for the next
 * part.
 */
export function timeLeft(deadline: Deadline, parts = 1): number {
	return Math.max(0, deadline - performance.now()) / parts;
}
