import { Rereads } from '../../nodes/GptImage2/trigger/rereads';
import { RunflowApiError } from '../../runflow/errors';
import { runSchema } from '../../runflow/run';
import { succeededRun } from '../fixtures/answers';

const run = runSchema.parse(succeededRun);

/** Readings that find nothing, or the run, and how many there were. */
function counted(isFound: boolean) {
	const counter = { reads: 0 };
	const read = async () => {
		counter.reads += 1;
		if (!isFound) throw new RunflowApiError(404);
		return run;
	};
	return { counter, read };
}

describe('the readings that unsigned callbacks ask for', () => {
	beforeEach(() => jest.useFakeTimers({ now: 0 }));
	afterEach(() => jest.useRealTimers());

	it('are one at a time for each run', async () => {
		const rereads = new Rereads();
		const { counter, read } = counted(true);
		const calls = Array.from({ length: 300 }, async () => await rereads.once('a', read));
		expect(new Set(await Promise.all(calls))).toEqual(new Set([run]));
		expect(counter.reads).toBe(1);
		await rereads.once('a', read);
		expect(counter.reads).toBe(2);
	});

	it('are not repeated at once for a run that was not found, but for its next callback', async () => {
		const rereads = new Rereads();
		const { counter, read } = counted(false);
		const ask = async () => await rereads.once('a', read).catch(() => 'not found');
		expect(await ask()).toBe('not found');
		expect(await ask()).toBeNull();
		jest.advanceTimersByTime(1_000);
		expect(await ask()).toBe('not found');
		expect(counter.reads).toBe(2);
	});

	it('are limited where one run after the other is not found, for a minute', async () => {
		const rereads = new Rereads();
		const { counter, read } = counted(false);
		for (let id = 0; id < 300; id++) await rereads.once(`r${id}`, read).catch(() => null);
		expect(counter.reads).toBe(100);
		jest.advanceTimersByTime(60_000);
		expect(await rereads.once('a', counted(true).read)).toBe(run);
	});
});
