import { RunSlots } from '../../nodes/GptImage2/runs/runSlots';
import { RunflowApiError } from '../../runflow/errors';

const { signal } = new AbortController();

/** The error of a create that is to be sent again after a millisecond. */
const refusal = () => new RunflowApiError(429, { retryAfterMs: 1 });

/** The work of an item whose create is refused so many times. */
function refusedTimes(slots: RunSlots, times: number) {
	const tries = { count: 0 };
	const work = async () => {
		tries.count += 1;
		const create = slots.begin();
		if (tries.count > times) {
			create.accepted();
			return 'run';
		}
		const error = refusal();
		create.failed(error);
		throw error;
	};
	return { tries, work };
}

describe('the slots of runs', () => {
	it('try an item again whose create was refused', async () => {
		const slots = new RunSlots(0);
		const { tries, work } = refusedTimes(slots, 3);
		await expect(slots.use(work, signal)).resolves.toBe('run');
		expect(tries.count).toBe(4);
	});

	it('give an item up that is refused for the sixth time, where no run of the node is pending', async () => {
		const slots = new RunSlots(0);
		const { tries, work } = refusedTimes(slots, Infinity);
		await expect(slots.use(work, signal)).rejects.toMatchObject({ httpStatus: 429 });
		expect(tries.count).toBe(6);
	});

	it('are patient while a run of the node is pending', async () => {
		const slots = new RunSlots(0);
		let end = () => {};
		const pending = slots.whilePending(async () => await new Promise<void>((done) => (end = done)));
		const { tries, work } = refusedTimes(slots, 20);
		await expect(slots.use(work, signal)).resolves.toBe('run');
		expect(tries.count).toBe(21);
		end();
		await pending;
	});

	it('are patient for a while after a run was started', async () => {
		const slots = new RunSlots(0);
		slots.begin().accepted();
		const { work } = refusedTimes(slots, 20);
		await expect(slots.use(work, signal)).resolves.toBe('run');
	});

	it('hold all creates back for as long as the API asks for', async () => {
		const slots = new RunSlots(0);
		slots.begin().failed(new RunflowApiError(429, { retryAfterMs: 200 }));
		const started = Date.now();
		await slots.use(async () => await Promise.resolve(), signal);
		expect(Date.now() - started).toBeGreaterThanOrEqual(190);
	});

	it('throw any other error at once', async () => {
		const slots = new RunSlots(0);
		const error = new RunflowApiError(402);
		const work = async () => {
			slots.begin().failed(error);
			return await Promise.reject(error);
		};
		await expect(slots.use(work, signal)).rejects.toBe(error);
	});

	it('stop trying once the node is stopped', async () => {
		const slots = new RunSlots(0);
		const stop = new AbortController();
		slots.begin().failed(new RunflowApiError(429, { retryAfterMs: 60_000 }));
		const used = slots.use(async () => await Promise.resolve(), stop.signal);
		stop.abort();
		await expect(used).rejects.toMatchObject({ code: 'STOPPED' });
	});

	it('leave a refused create to others where the limit is a number', async () => {
		const slots = new RunSlots(2);
		const { tries, work } = refusedTimes(slots, 1);
		expect(slots.repeatsRefused).toBe(false);
		await expect(slots.use(work, signal)).rejects.toMatchObject({ httpStatus: 429 });
		expect(tries.count).toBe(1);
	});

	it('are blocked no longer where the clock is set back meanwhile', async () => {
		jest.useFakeTimers();
		const slots = new RunSlots(0);
		const { tries, work } = refusedTimes(slots, 1);
		const done = slots.use(work, signal);
		while (tries.count === 0) await jest.advanceTimersByTimeAsync(0);
		jest.setSystemTime(Date.now() - 3_600_000);
		await jest.advanceTimersByTimeAsync(1_000);
		jest.useRealTimers();
		expect(tries.count).toBe(2);
		await done;
	});
});
