import { RunflowAnswerError, RunflowApiError, RunflowConnectionError } from '../../runflow/errors';
import {
	createDelay,
	isPassing,
	mayHaveBeenAccepted,
	parseRetryAfter,
	retryDelay,
	retrying,
} from '../../runflow/retry';

const api = (httpStatus: number, retryAfterMs: number | null = null) =>
	new RunflowApiError(httpStatus, { retryAfterMs });
const lost = new RunflowConnectionError('ECONNRESET', false);
const refused = new RunflowConnectionError('ECONNREFUSED', true);

describe('what may be tried again', () => {
	it.each([
		[api(429), true, false],
		[api(500), true, true],
		[api(503), true, true],
		[lost, true, true],
		[refused, true, false],
		[api(400), false, false],
		[api(409), false, false],
		[api(422), false, false],
		[new RunflowAnswerError('no JSON'), false, true],
		[new Error('a bug'), false, false],
	])('%s: passing %s, maybe accepted %s', (error, passing, accepted) => {
		expect(isPassing(error)).toBe(passing);
		expect(mayHaveBeenAccepted(error)).toBe(accepted);
	});
});

describe('how long to wait', () => {
	it('doubles from a second to 32 seconds, with up to a second of jitter', () => {
		expect([0, 1, 2, 3, 4, 5, 6, 7].map((retries) => retryDelay(lost, retries, 0))).toEqual([
			1000, 2000, 4000, 8000, 16_000, 32_000, 32_000, 32_000,
		]);
		expect(retryDelay(lost, 0, 1)).toBe(2000);
		expect(retryDelay(lost, 9, 1)).toBe(33_000);
	});

	it('waits as long as Retry-After asks, but never longer than a minute', () => {
		expect(retryDelay(api(429, 2000), 3, 1)).toBe(2000);
		expect(retryDelay(api(429, 0), 3, 1)).toBe(0);
		expect(retryDelay(api(429, 3_600_000), 0, 0)).toBe(60_000);
	});

	it('never lets a create that was refused come back sooner for a Retry-After, but later', () => {
		expect([0, 1, 2].map((retries) => createDelay(api(429, 0), retries, 0))).toEqual([
			1000, 2000, 4000,
		]);
		expect(createDelay(api(429, 60_000), 0, 1)).toBe(60_000);
		expect(createDelay(api(503, 0), 0, 1)).toBe(0);
	});

	it.each([
		['2', 2000],
		['0', 0],
		['1.5', 1500],
		['Wed, 20 May 2026 09:00:10 GMT', 10_000],
		['Wed, 20 May 2026 08:00:00 GMT', 0],
		['soon', null],
		['-3', null],
		['', null],
		[undefined, null],
		[['2'], null],
	])('reads a Retry-After of %j as %j milliseconds', (header, expected) => {
		expect(parseRetryAfter(header, Date.parse('2026-05-20T09:00:00Z'))).toBe(expected);
	});
});

describe('retrying', () => {
	it('gives up after five retries and throws the last error', async () => {
		const pausesMs: number[] = [];
		let tries = 0;
		const attempt = async () => {
			tries += 1;
			throw api(503, 1);
		};
		await expect(retrying(attempt, async (ms) => void pausesMs.push(ms))).rejects.toMatchObject({
			httpStatus: 503,
		});
		expect(tries).toBe(6);
		expect(pausesMs).toEqual([1, 1, 1, 1, 1]);
	});

	it('never repeats what cannot pass', async () => {
		let tries = 0;
		const attempt = async () => {
			tries += 1;
			throw api(400);
		};
		await expect(retrying(attempt, async () => {})).rejects.toMatchObject({ httpStatus: 400 });
		expect(tries).toBe(1);
	});
});
