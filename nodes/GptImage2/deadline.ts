import { sleep } from 'n8n-workflow';

/** Work was not done in its time, or whoever wanted it no longer does. */
export class TimeOverError extends Error {
	readonly code = 'ETIMEDOUT';
}

/** One for all: making an error takes longer than to end a timer, and each request has one to end. */
const timeIsOver = new TimeOverError('The time is over');

/** No timer can be longer, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Does work that may take so long, in milliseconds; `outer` ends it earlier. The signal that the work gets
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

/** When something has to be done, in milliseconds of the clock that no one can set. */
export type Deadline = number;

/** The deadline in so many milliseconds. */
export function deadlineIn(milliseconds: number): Deadline {
	return performance.now() + milliseconds;
}

/** The milliseconds until a deadline; where several parts have to be done by then, those for the next part. */
export function timeLeft(deadline: Deadline, parts = 1): number {
	return Math.max(0, deadline - performance.now()) / parts;
}
