import { CountingApi } from './api';
import type { CountedRun } from './countedRun';
import { execute, fast, idsOf, items } from './executions';
import { runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(60_000);

const paidFor = (api: CountingApi, prompt: string) =>
	api.runs.filter((run) => run.prompt === prompt && run.status !== 'failed').length;

afterEach(() => void jest.restoreAllMocks());

describe('a run that a failed node paid for', () => {
	it('is output by one of two executions at once, though an older one has failed meanwhile', async () => {
		const api = new CountingApi((run) => {
			if (run.prompt === 'p0' && api.runs.length === 0) run.status = 'running';
			if (run.prompt === 'bad') run.status = 'failed';
		});
		await execute({ input: items('p0', 'p0', 'bad') });
		const [first] = api.runs as [CountedRun];
		first.status = 'failed';
		const [b, c] = await Promise.all([
			execute({ input: items('p0') }),
			execute({ input: items('p0') }),
		]);
		expect([b.error, c.error]).toEqual([undefined, undefined]);
		expect(new Set([...idsOf(b), ...idsOf(c)]).size).toBe(2);
	});

	it('is offered though the first try of Retry On Fail failed before anything was paid', async () => {
		let calls = 0;
		const api = new CountingApi((run) => {
			calls += 1;
			if (run.prompt === 'bad') run.status = 'failed';
			return calls <= 1 ? [402, { code: 'INSUFFICIENT_FUNDS' }] : undefined;
		});
		const settings = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 };
		const one = { options: { ...fast.options, concurrency: 1 } };
		const first = await execute({ settings, input: items('p0', 'bad') }, one);
		expect(first.error).toBeDefined();
		expect(paidFor(api, 'p0')).toBe(1);
		const again = await execute({ input: items('p0') });
		expect(again.error).toBeUndefined();
		expect(paidFor(api, 'p0')).toBe(1);
	});

	it('is offered where a later item timed out, which n8n does not try again', async () => {
		const api = new CountingApi((run) => {
			if (run.prompt === 'slow') run.status = 'running';
		});
		const settings = {
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 1,
			onError: 'continueRegularOutput' as const,
		};
		const late = { options: { pollInterval: 0.1, timeout: 0.3 } };
		const first = await execute({ settings, input: items('p0', 'slow') }, late);
		expect(first.items[1]?.json.error).toContain('was still');
		for (const run of api.runs) run.status = 'succeeded';
		const again = await execute({ settings, input: items('slow') }, late);
		expect(again.error).toBeUndefined();
		expect(paidFor(api, 'slow')).toBe(1);
	});

	it('is made anew where its image is gone', async () => {
		const api = new CountingApi((run) => {
			if (run.prompt === 'bad') run.status = 'failed';
		});
		await execute({ input: items('p0', 'bad') });
		api.missingFiles = 3;
		const again = await execute({ input: items('p0') });
		expect(again.error).toBeUndefined();
		expect(paidFor(api, 'p0')).toBe(2);
	});

	it('is taken up once its output has come, though that is long after its status', async () => {
		const api = new CountingApi((run) => void (run.images = 0));
		const first = await execute({ input: items('p0') });
		expect(first.error?.message).toContain('delivered no image');
		for (const run of api.runs) run.images = 1;
		const again = await execute({ input: items('p0') });
		expect(again.items[0]?.binary?.data).toBeDefined();
		expect(paidFor(api, 'p0')).toBe(1);
	});

	it('is not made anew where something refuses to show its image', async () => {
		const api = new CountingApi((run) => {
			if (run.prompt === 'bad') run.status = 'failed';
		});
		await execute({ input: items('p0', 'bad') });
		Object.assign(api, { missingFiles: Infinity, missingStatus: 403 });
		const refused = await execute({ input: items('p0') }, { options: { timeout: 3 } });
		expect(refused.error?.message).toContain('could not be downloaded');
		api.missingFiles = 0;
		const again = await execute({ input: items('p0') });
		expect(again.items[0]?.binary?.data).toBeDefined();
		expect(paidFor(api, 'p0')).toBe(1);
	});

	it('is made anew where it has been pending for hours', async () => {
		const api = new CountingApi(
			(run, tries) => void (run.status = tries === 1 ? 'running' : 'succeeded'),
		);
		const late = { options: { pollInterval: 0.1, timeout: 0.3 } };
		const first = await execute({ input: items('p0') }, late);
		expect(first.error?.message).toContain('was still');
		const now = Date.now;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 20 * 3_600_000);
		const again = await execute({ input: items('p0') }, late);
		expect(again.error).toBeUndefined();
		expect(api.runs).toHaveLength(2);
	});

	it('goes to the error row that comes back into the node', async () => {
		const api = new CountingApi((run) => {
			run.status = 'running';
			setTimeout(() => (run.status = 'succeeded'), 600);
		});
		const late = { options: { pollInterval: 0.1, timeout: 0.3 } };
		const workflow = goldenWorkflow('generate', late, { onError: 'continueRegularOutput' });
		const call = { node: 'GPT Image 2', type: 'main' as const, index: 0 };
		const looped = { ...workflow, connections: { Start: { main: [[call, call, call, call]] } } };
		await runWorkflow(looped, { input: items('p0') });
		expect(api.runs.length).toBeLessThan(4);
	});
});
