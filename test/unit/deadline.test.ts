import { setTimeout as sleep } from 'node:timers/promises';

import { deadlineIn, timeLeft, TimeOverError, within } from '../../nodes/GptImage2/deadline';

describe('work within a time', () => {
	it('returns what the work returns', async () => {
		expect(await within(10_000, async () => await Promise.resolve('done'))).toBe('done');
	});

	it('throws what the work throws, and closes what it left open', async () => {
		let isClosed = false;
		const failing = async (signal: AbortSignal) => {
			signal.addEventListener('abort', () => (isClosed = true));
			return await Promise.reject(new Error('failed'));
		};
		await expect(within(10_000, failing)).rejects.toThrow('failed');
		expect(isClosed).toBe(true);
	});

	it('ends when its time is over, though the work goes on', async () => {
		const never = async () => await new Promise<never>(() => {});
		await expect(within(5, never)).rejects.toThrow(TimeOverError);
	});

	it('ends when whoever wanted it no longer does, before or meanwhile', async () => {
		const never = async () => await new Promise<never>(() => {});
		const stop = new AbortController();
		const working = within(10_000, never, stop.signal);
		stop.abort();
		await expect(working).rejects.toThrow(TimeOverError);
		await expect(within(10_000, never, stop.signal)).rejects.toThrow(TimeOverError);
	});

	it('may be longer than any timer', async () => {
		expect(await within(1e15, async () => await sleep(5, 'done'))).toBe('done');
	});
});

describe('the time that is left', () => {
	it('is shared among the parts that are to be done, and never negative', () => {
		expect(timeLeft(deadlineIn(1000), 4)).toBeLessThanOrEqual(250);
		expect(timeLeft(deadlineIn(1000), 4)).toBeGreaterThan(200);
		expect(timeLeft(deadlineIn(-1000))).toBe(0);
	});
});
