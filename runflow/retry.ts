import {
	RunflowAnswerError,
	RunflowApiError,
	RunflowConnectionError,
	RunflowError,
	returnRunflowError,
} from './errors';

/** How often a request is repeated after the first try (ERR). */
export const maxRetries = 5;

const firstDelayMs = 1000;
const longestJitterMs = 1000;
const longestDelayMs = 32_000;
const longestRetryAfterMs = 60_000;

/** Waits this many milliseconds; rejects at once when the signal fires. */
export type Pause = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

/**
 * Whether the same request may succeed later: yes for 429, 5xx and lost connections; never for other 4xx
 * and untrusted certificates (ERR).
 */
export function isPassing(error: unknown): error is RunflowApiError | RunflowConnectionError {
	if (error instanceof RunflowApiError) return error.httpStatus === 429 || error.httpStatus >= 500;
	return error instanceof RunflowConnectionError && !error.isUntrusted;
}

/**
 * Whether a create that ended like this may have been accepted nevertheless, so that sending it again
 * without searching first could pay twice: a lost connection, a 5xx after sending, or an unreadable answer.
 */
export function mayHaveBeenAccepted(error: unknown): boolean {
	if (error instanceof RunflowAnswerError) return true;
	if (error instanceof RunflowApiError) return error.httpStatus >= 500;
	return error instanceof RunflowConnectionError && !error.neverSent;
}

/**
 * Returns how long to wait before the next try, in milliseconds: the delay the API requested, at most a
 * minute, or a second, doubled each time up to 32 s. `random` (0 to 1) adds up to a second of jitter, so
 * that many items don't retry at the same moment (RATE-new).
 */
export function retryDelay(error: unknown, retriesSoFar: number, random: number): number {
	return askedFor(error) ?? backoff(retriesSoFar, random);
}

/**
 * The same, before a create is sent again. After a 429, the delay is never shorter than it would be without
 * the header: the header may name a moment in the past, and then a thousand items would retry at once.
 */
export function createDelay(error: unknown, retriesSoFar: number, random: number): number {
	const isRefused = error instanceof RunflowApiError && error.httpStatus === 429;
	const leastMs = isRefused ? backoff(retriesSoFar, random) : 0;
	return Math.max(retryDelay(error, retriesSoFar, random), leastMs);
}

function askedFor(error: unknown): number | null {
	const asked = error instanceof RunflowApiError ? error.retryAfterMs : null;
	return asked === null ? null : Math.min(asked, longestRetryAfterMs);
}

function backoff(retriesSoFar: number, random: number): number {
	return Math.min(firstDelayMs * 2 ** retriesSoFar, longestDelayMs) + random * longestJitterMs;
}

/**
 * Converts a Retry-After header, in seconds or as an HTTP date, to milliseconds from `now` (RATE-old). Null
 * for anything else, because RATE-new says that there is none to rely on.
 */
export function parseRetryAfter(header: unknown, now: number): number | null {
	if (typeof header !== 'string' || header.trim() === '') return null;
	if (/^\d+(\.\d+)?$/.test(header.trim())) return Number(header) * 1000;
	const date = /[a-z]/i.test(header) ? Date.parse(header) : NaN;
	return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/**
 * Runs `attempt` until it succeeds, fails permanently, or has been repeated five times; throws the last
 * error. Only for requests that are safe to repeat.
 */
export async function retrying<T>(
	attempt: () => Promise<T>,
	pause: Pause,
	signal?: AbortSignal,
): Promise<T> {
	for (let retries = 0; ; retries++) {
		const result = await attempt().catch(returnRunflowError);
		if (!(result instanceof RunflowError)) return result;
		if (retries === maxRetries || !isPassing(result)) throw result;
		await pause(retryDelay(result, retries, Math.random()), signal);
	}
}
