import { RunflowAnswerError, RunflowApiError, RunflowConnectionError } from './errors';
import { settle } from './settle';

/** How often a request is sent again after the first try (ERR). */
export const maxRetries = 5;

const firstDelay = 500;
const longestDelay = 32_000;
const longestRetryAfter = 60_000;

/** Waits that many milliseconds; rejects at once when the signal fires. */
export type Pause = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

/**
 * Whether the same request may succeed later: 429, 5xx and lost connections; other 4xx never (ERR).
 */
export function isPassing(error: unknown): error is RunflowApiError | RunflowConnectionError {
	if (error instanceof RunflowApiError) return error.status === 429 || error.status >= 500;
	return error instanceof RunflowConnectionError;
}

/**
 * Whether a create that ended like this may have been taken all the same, so that sending it again
 * without asking first could pay twice: a lost connection, a 5xx after sending, an unreadable answer.
 */
export function mayHaveBeenTaken(error: unknown): boolean {
	if (error instanceof RunflowAnswerError) return true;
	if (error instanceof RunflowApiError) return error.status >= 500;
	return error instanceof RunflowConnectionError && !error.neverSent;
}

/**
 * How long to wait before the next try, in milliseconds: what the API asked for, capped at a minute, or
 * half a second doubling up to 32 s. `random` (0 to 1) adds up to half as much again, so that
 * many items don't come back at the same moment.
 */
export function retryDelay(error: unknown, retriesSoFar: number, random: number): number {
	if (error instanceof RunflowApiError && error.retryAfter !== null) {
		return Math.min(error.retryAfter, longestRetryAfter);
	}
	return Math.min(firstDelay * 2 ** retriesSoFar * (1 + random / 2), longestDelay);
}

/**
 * Reads a Retry-After header, seconds or HTTP date, into milliseconds from `now` (RATE-old).
 * Null for anything else, because RATE-new says there is none to rely on.
 */
export function parseRetryAfter(header: unknown, now: number): number | null {
	if (typeof header !== 'string' || header.trim() === '') return null;
	if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1000;
	const date = /[a-z]/i.test(header) ? Date.parse(header) : NaN;
	return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/**
 * Runs `attempt` until it succeeds, fails for good, or has been retried five times; the last error is
 * thrown. Only for requests that are safe to repeat.
 */
export async function retrying<T>(
	attempt: () => Promise<T>,
	pause: Pause,
	signal?: AbortSignal,
): Promise<T> {
	for (let retries = 0; ; retries++) {
		const outcome = await settle(attempt);
		if (outcome.ok) return outcome.value;
		if (retries === maxRetries || !isPassing(outcome.error)) throw outcome.error;
		await pause(retryDelay(outcome.error, retries, Math.random()), signal);
	}
}
