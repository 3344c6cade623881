import { CountingApi } from './api';
import { execute, fast, idsOf, items } from './executions';
import { retry } from './retry';

jest.setTimeout(60_000);

/** An API at which the run of `p2` fails at its first try. */
const failingApi = () =>
	new CountingApi((run, tries) => {
		if (run.prompt === 'p2' && tries === 1) run.status = 'failed';
	});

afterEach(() => void jest.restoreAllMocks());

describe('what a failed node paid for and never output', () => {
	it('is taken up by the next execution that asks for the same, which says so', async () => {
		const api = failingApi();
		const first = await execute();
		expect(first.error?.message).toContain('failed');
		const [one, two] = api.runs.filter(({ status }) => status === 'succeeded');
		const again = await execute();
		expect(again.error).toBeUndefined();
		expect(idsOf(again)).toEqual([one?.id, two?.id, api.runs.at(-1)?.id]);
		expect(api.runs).toHaveLength(4);
		expect(again.hints[0]).toContain('2 pictures taken up from an earlier execution');
		expect(again.items.map(({ json }) => json.reused)).toEqual([false, false, false]);
	});

	it('is named in the error, with where to find Retry', async () => {
		failingApi();
		const { error } = await execute();
		expect(error?.description).toContain("open 'Executions' above the canvas");
		expect(error?.description).toContain("'Retry execution'");
		expect(error?.description).toContain("'Execute workflow'");
	});

	it('is taken up once only', async () => {
		const api = failingApi();
		await execute();
		await execute();
		await execute();
		expect(api.runs).toHaveLength(7);
	});

	it('goes to as many items as there are pictures, of those that ask for the same', async () => {
		const api = new CountingApi((run) => {
			if (run.prompt === 'p1') run.status = 'failed';
		});
		await execute({ input: items('p0', 'p0', 'p1') });
		const again = await execute({ input: items('p0', 'p0', 'p0') });
		expect(new Set(idsOf(again)).size).toBe(3);
		expect(api.runs).toHaveLength(4);
	});

	it('is not taken up where something else is asked for', async () => {
		const api = failingApi();
		await execute();
		await execute({ input: items('q0', 'q1') });
		expect(api.runs).toHaveLength(5);
		expect((await execute({ input: items('p0') })).hints[0]).toContain('1 picture taken up');
	});

	it('is not taken up once Retry has output it', async () => {
		const api = failingApi();
		const first = await execute();
		const retried = await retry(first.run, fast);
		expect(retried.error).toBeUndefined();
		expect(api.runs).toHaveLength(4);
		await execute();
		expect(api.runs).toHaveLength(7);
	});

	it('is not for others while Retry On Fail goes on, which takes it up itself', async () => {
		const api = failingApi();
		const settings = { retryOnFail: true, maxTries: 2, waitBetweenTries: 300 };
		const [first, second] = await Promise.all([
			execute({ settings }),
			new Promise((resolve) => setTimeout(resolve, 250)).then(async () => await execute()),
		]);
		expect([first.error, second?.error]).toEqual([undefined, undefined]);
		expect(new Set([...idsOf(first), ...idsOf(second)]).size).toBe(6);
		expect(api.runs).toHaveLength(7);
	});

	it('is taken up when the next execution suspends or returns immediately as well', async () => {
		const api = failingApi();
		await execute();
		const started = await execute({}, { completion: 'none' });
		expect(started.hints.join()).toContain('2 pictures taken up from an earlier execution');
		expect(api.runs).toHaveLength(4);
	});

	it('is made anew where Runflow no longer knows it', async () => {
		const api = failingApi();
		await execute();
		for (const { id } of api.runs) api.unknown.add(id);
		const now = Date.now;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 120_000);
		const again = await execute();
		expect(again.error).toBeUndefined();
		expect(again.hints[0]).not.toContain('taken up');
	});

	it('goes to one of two executions that start at the same moment', async () => {
		const api = failingApi();
		await execute();
		const both = await Promise.all([execute(), execute()]);
		expect(both.map(({ error }) => error)).toEqual([undefined, undefined]);
		expect(new Set(both.flatMap(idsOf)).size).toBe(6);
		expect(api.runs).toHaveLength(7);
	});

	it('is not what a successful execution has output, though Retry fails with it once more', async () => {
		const api = new CountingApi((run, tries) => {
			if (run.prompt === 'p2' && tries !== 2) run.status = 'failed';
		});
		const first = await execute();
		const second = await execute();
		expect(second.error).toBeUndefined();
		const retried = await retry(first.run, fast);
		expect(retried.error?.message).toContain('failed');
		const last = await execute({ input: items('p0', 'p1') });
		const known = new Set(idsOf(second));
		expect(idsOf(last).filter((id) => known.has(id))).toEqual([]);
		expect(api.runs.filter(({ prompt }) => prompt === 'p0')).toHaveLength(2);
	});

	it('is not what was reused, since another execution has output it', async () => {
		const api = new CountingApi((run) => {
			if (run.prompt === 'bad') run.status = 'failed';
		});
		const first = await execute({ input: items('p0') });
		const reusing = { options: { ...fast.options, reuse: 24 } };
		const failed = await execute({ input: items('p0', 'bad') }, reusing);
		expect(failed.error?.message).toContain('failed');
		const last = await execute({ input: items('p0') });
		expect(idsOf(last)).not.toEqual(idsOf(first));
		expect(api.runs.filter(({ prompt }) => prompt === 'p0')).toHaveLength(2);
	});

	it('is nothing of Sync Mode, whose images only the failed execution has', async () => {
		const api = failingApi();
		await execute({}, { syncMode: true });
		const again = await execute({}, { syncMode: true });
		expect(again.error?.message ?? '').not.toContain('delivered no image');
		expect(api.runs.filter(({ prompt }) => prompt === 'p0')).toHaveLength(2);
	});

	it('is what an item could not be given where the node continues on errors', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		const settings = { onError: 'continueRegularOutput' as const };
		const late = { options: { pollInterval: 0.1, timeout: 0.3 } };
		const first = await execute({ settings, input: items('p0') }, late);
		expect(first.items[0]?.json.error).toContain('was still');
		for (const run of api.runs) run.status = 'succeeded';
		const again = await execute({ settings, input: items('p0') });
		expect(again.hints[0]).toContain('1 picture taken up');
		expect(api.runs).toHaveLength(1);
	});

	it('is what was paid for before it was stopped, although Retry On Fail is on', async () => {
		let stop = () => {};
		const api = new CountingApi((run) => {
			run.status = 'running';
			if (run.prompt === 'p2') setTimeout(() => stop(), 300);
		});
		const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };
		await execute({ settings, onStart: (cancel) => (stop = cancel) });
		for (const run of api.runs) run.status = 'succeeded';
		const again = await execute();
		expect(again.hints[0]).toContain('3 pictures taken up');
		expect(api.runs).toHaveLength(3);
	});

	it('is what was paid for before the execution was stopped, too', async () => {
		let stop = () => {};
		const api = new CountingApi((run) => {
			run.status = 'running';
			setTimeout(() => stop(), 300);
		});
		await execute({ onStart: (cancel) => (stop = cancel) });
		const paid = api.runs.length;
		for (const run of api.runs) run.status = 'succeeded';
		stop = () => {};
		const again = await execute();
		expect(again.items).toHaveLength(3);
		expect(api.runs).toHaveLength(Math.max(paid, 3));
	});
});
