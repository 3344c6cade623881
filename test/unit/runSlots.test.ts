import { sleep } from 'n8n-workflow';

import { RunSlots } from '../../nodes/GptImage2/runs/runSlots';
import { RunflowApiError } from '../../runflow/errors';

const { signal } = new AbortController();

/** The error of a create that is to be sent again at once. */
const refusal = () => new RunflowApiError(429, { retryAfterMs: 0 });

/** Lets time pass until this has settled, and returns or throws what it does. */
async function settled<T>(promise: Promise<T>): Promise<T> {
	let isSettled = false;
	const end = () => void (isSettled = true);
	promise.then(end, end);
	while (!isSettled) await jest.advanceTimersByTimeAsync(10);
	return await promise;
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** The work of an item whose create is refused this many times. */
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
		await expect(settled(slots.use(work, signal))).resolves.toBe('run');
		expect(tries.count).toBe(4);
	});

	it('give an item up that is refused for the sixth time, where no run of the node is pending', async () => {
		const slots = new RunSlots(0);
		const { tries, work } = refusedTimes(slots, Infinity);
		await expect(settled(slots.use(work, signal))).rejects.toMatchObject({ httpStatus: 429 });
		expect(tries.count).toBe(6);
	});

	it('are patient while a run of the node is pending', async () => {
		const slots = new RunSlots(0);
		let end = () => {};
		const pending = slots.whilePending(async () => await new Promise<void>((done) => (end = done)));
		const { tries, work } = refusedTimes(slots, 20);
		await expect(settled(slots.use(work, signal))).resolves.toBe('run');
		expect(tries.count).toBe(21);
		end();
		await pending;
	});

	it('are patient for a while after a run was started', async () => {
		const slots = new RunSlots(0);
		slots.begin().accepted();
		const { work } = refusedTimes(slots, 20);
		await expect(settled(slots.use(work, signal))).resolves.toBe('run');
	});

	it('hold all creates back for as long as the API asks for', async () => {
		const slots = new RunSlots(0);
		const retryAfterMs = 20_000;
		slots.begin().failed(new RunflowApiError(429, { retryAfterMs }));
		const started = Date.now();
		await settled(slots.use(async () => await Promise.resolve(), signal));
		expect(Date.now() - started).toBeGreaterThanOrEqual(retryAfterMs);
	});

	it('throw any other error at once', async () => {
		const slots = new RunSlots(0);
		const error = new RunflowApiError(402);
		const work = async () => {
			slots.begin().failed(error);
			return await Promise.reject(error);
		};
		await expect(settled(slots.use(work, signal))).rejects.toBe(error);
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
		await expect(settled(slots.use(work, signal))).rejects.toMatchObject({ httpStatus: 429 });
		expect(tries.count).toBe(1);
	});

	it('are blocked no longer where the clock is set back meanwhile', async () => {
		const slots = new RunSlots(0);
		const { tries, work } = refusedTimes(slots, 1);
		const done = slots.use(work, signal);
		while (tries.count === 0) await jest.advanceTimersByTimeAsync(0);
		jest.setSystemTime(Date.now() - 3_600_000);
		await jest.advanceTimersByTimeAsync(2_000);
		expect(tries.count).toBe(2);
		await done;
	});

	it('hold creates back longer with each that is refused, though they may come back at once', async () => {
		const slots = new RunSlots(0);
		const { tries, work } = refusedTimes(slots, 4);
		const startedAt = Date.now();
		await settled(slots.use(work, signal));
		expect(tries.count).toBe(5);
		expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1000 + 2000 + 4000 + 8000);
	});
});

/** An API that accepts a number of runs at once, and a number of creates within a second. */
interface Accepting {
	runs?: number;
	creates?: number;
}

/**
 * What becomes of this many items whose runs take 3 s, against such an API: the seconds, and the creates
 * that were refused.
 */
async function drawn(
	items: number,
	{ creates = Infinity, runs = Infinity }: Accepting,
	isWaitedFor = true,
) {
	const slots = new RunSlots(0);
	const createdAt: number[] = [];
	let pending = 0;
	let refused = 0;
	const work = async () => {
		const create = slots.begin();
		await sleep(20);
		const lately = createdAt.filter((at) => at > performance.now() - 1000);
		if (pending >= runs || lately.length >= creates) {
			refused += 1;
			const error = refusal();
			create.failed(error);
			throw error;
		}
		createdAt.push(performance.now());
		pending += 1;
		create.accepted();
		if (!isWaitedFor) return;
		await slots.whilePending(async () => await sleep(3000));
		pending -= 1;
	};
	const startedAt = performance.now();
	const all = Array.from({ length: items }, async () => await slots.use(work, signal));
	await settled(Promise.all(all));
	return { refused, seconds: (performance.now() - startedAt) / 1000 };
}

describe('runs whose number is found by trying', () => {
	beforeEach(() => void jest.spyOn(Math, 'random').mockReturnValue(0.5));
	afterEach(() => void jest.restoreAllMocks());

	it.each([
		{ items: 40, runs: 5 },
		{ items: 100, runs: 20 },
		{ items: 500, runs: 100 },
		{ items: 1000, runs: 1000 },
	])(
		'take hardly longer than with the best number: $items items, $runs at once',
		async ({ items, runs }) => {
			const { refused, seconds } = await drawn(items, { runs });
			expect(seconds).toBeLessThan((items / runs) * 3 * 1.1 + 0.5);
			expect(refused).toBeLessThanOrEqual(runs + 1);
		},
	);

	it('are created hardly slower than an API allows that accepts 30 in a second', async () => {
		const { refused, seconds } = await drawn(400, { creates: 30 });
		expect(seconds).toBeLessThan((400 / 30 + 3) * 1.1);
		expect(refused).toBeLessThanOrEqual(30);
	});

	it('are created as fast where nobody waits for them, and do not flood the API again and again', async () => {
		const { refused, seconds } = await drawn(1000, { creates: 20 }, false);
		expect(seconds).toBeLessThan((1000 / 20) * 1.2);
		expect(refused).toBeLessThan(100);
	});
});
