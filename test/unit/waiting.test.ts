import { RunflowApiError } from '../../runflow/errors';
import type { Pause } from '../../runflow/retry';
import { runSchema, type Run } from '../../runflow/run';
import { waitForRun } from '../../runflow/waiting';
import { queuedRun, runId, succeededRun } from '../fixtures/answers';

const queued = runSchema.parse(queuedRun);
const succeeded = runSchema.parse(succeededRun);

const pace = { pollSeconds: 3, expectedMs: null };

/** Waits on a clock that only the pauses move. */
async function wait(
	answers: Array<Run | Error>,
	timeoutSeconds = 600,
	signal = new AbortController().signal,
	startedAt?: number,
) {
	jest.useFakeTimers({ now: 0 });
	const reads: number[] = [];
	const pause: Pause = async (milliseconds) => {
		if (signal.aborted) throw new Error('aborted');
		jest.advanceTimersByTime(milliseconds);
	};
	const read = async () => {
		reads.push(Date.now());
		const answer = answers.length > 1 ? answers.shift() : answers[0];
		if (answer instanceof Error) throw answer;
		return answer ?? queued;
	};
	try {
		return {
			run: await waitForRun({ run: queued, read, pause, pace, timeoutSeconds, signal, startedAt }),
			reads,
		};
	} finally {
		jest.useRealTimers();
	}
}

describe('waiting for a run', () => {
	it('does not read a run that is terminal already', async () => {
		const read = jest.fn();
		const run = await waitForRun({
			run: succeeded,
			read,
			pause: async () => {},
			pace,
			timeoutSeconds: 1,
			signal: new AbortController().signal,
		});
		expect(run).toBe(succeeded);
		expect(read).not.toHaveBeenCalled();
	});

	it('reads once more at the deadline before it gives up', async () => {
		await expect(wait([queued], 2)).rejects.toMatchObject({
			runId,
			lastStatus: 'queued',
			waitedSeconds: 2,
		});
		expect((await wait([queued, queued, queued, queued, succeeded], 2)).reads.at(-1)).toBe(2000);
	});

	it('keeps its gaps and its deadline where the clock is set back meanwhile', async () => {
		jest.useFakeTimers({ now: 4_000_000 });
		const gaps: number[] = [];
		const waiting = waitForRun({
			run: queued,
			startedAt: Date.now() - 1_000,
			read: async () => {
				jest.setSystemTime(Date.now() - 3_600_000);
				return queued;
			},
			pause: async (milliseconds) => {
				gaps.push(milliseconds);
				jest.advanceTimersByTime(milliseconds);
			},
			pace,
			timeoutSeconds: 60,
		});
		await expect(waiting).rejects.toMatchObject({ code: 'DEADLINE' });
		jest.useRealTimers();
		expect(Math.max(...gaps)).toBeLessThanOrEqual(6_100);
		expect(gaps.reduce((sum, gap) => sum + gap)).toBeLessThan(60_100);
	});

	it('survives passing failures for as long as the deadline allows', async () => {
		const busy = new RunflowApiError(503);
		expect((await wait([busy, busy, busy, busy, busy, busy, busy, succeeded])).run).toBe(succeeded);
	});

	it('backs off when reads are rate limited', async () => {
		const limited = new RunflowApiError(429, { retryAfterMs: 20_000 });
		expect((await wait([limited, succeeded])).reads).toEqual([600, 20_600]);
	});

	it('survives a few 404s for a run that was only just created', async () => {
		const missing = new RunflowApiError(404);
		expect((await wait([missing, missing, missing, succeeded])).run).toBe(succeeded);
		await expect(wait([missing])).rejects.toMatchObject({ httpStatus: 404, runId });
	});

	it('reads an old run no less often after a 404', async () => {
		const answers = [new RunflowApiError(404), succeeded];
		const { reads } = await wait(answers, 600, undefined, -60_000);
		expect(reads).toEqual([3_000, 6_000]);
	});

	it('does not count other failures among the few 404', async () => {
		const busy = new RunflowApiError(503);
		const missing = new RunflowApiError(404);
		const reads = [busy, busy, missing, busy, missing, busy, missing, succeeded];
		expect((await wait(reads)).run).toBe(succeeded);
	});

	it('does not count 404 among the failures that it backs off from', async () => {
		const busy = new RunflowApiError(503);
		const missing = new RunflowApiError(404);
		const { reads } = await wait([missing, missing, missing, busy, succeeded]);
		expect(reads.at(-1)).toBe((reads.at(-2) ?? 0) + 1000);
	});

	it('ends with the run id when the key stops working', async () => {
		await expect(wait([new RunflowApiError(401)])).rejects.toMatchObject({
			httpStatus: 401,
			runId,
		});
	});

	it('ends at once when it is stopped', async () => {
		const stop = new AbortController();
		stop.abort();
		await expect(wait([queued], 600, stop.signal)).rejects.toMatchObject({
			code: 'STOPPED',
			runId,
		});
	});
});
