import type { INode, INodeParameters } from 'n8n-workflow';
import nock from 'nock';

import { CountingApi } from './api';
import type { CountedRun } from './countedRun';
import { apiUrl, runWorkflow, type EngineOptions, type EngineResult } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(120_000);

const options = { pollInterval: 0.1, reuse: 24 };
const one = [{ json: { prompt: 'p0' } }];

let executions = 0;

/** One more execution of a workflow with a single GPT Image 2 node. */
async function execute(
	parameters: INodeParameters = {},
	{ settings = {}, ...more }: Partial<EngineOptions> & { settings?: Partial<INode> } = {},
): Promise<EngineResult> {
	executions += 1;
	const workflow = goldenWorkflow('generate', { options, ...parameters }, settings);
	return await runWorkflow(workflow, {
		input: one,
		executionId: String(2000 + executions),
		...more,
	});
}

const reusedOf = ({ items }: EngineResult) => items.map(({ json }) => json.reused);
const firstOf = ({ runs: [run] }: CountingApi): CountedRun => {
	if (!run) throw new Error('there is no run');
	return run;
};

afterEach(() => void jest.restoreAllMocks());

describe('a list of runs that can not be had', () => {
	it.each([400, 403, 422])('makes the run anew after a %i, and says so', async (status) => {
		const api = new CountingApi();
		await execute();
		api.listStatus = status;
		const again = await execute();
		expect(again.error).toBeUndefined();
		expect(reusedOf(again)).toEqual([false]);
		expect(api.runs).toHaveLength(2);
		expect(again.hints[0]).toContain(`Runflow refused to list earlier runs (HTTP ${status})`);
	});

	it('pays nothing after a 5xx', async () => {
		const api = new CountingApi();
		await execute();
		api.listStatus = 503;
		const again = await execute();
		expect(again.error?.httpCode).toBe('503');
		expect(api.runs).toHaveLength(1);
	});

	it('keeps the pages that came before a refusal', async () => {
		const listed = await listedRun();
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(({ pq }) => pq === undefined)
			.reply(200, { items: [listed], next: 'second' })
			.get('/v1/runs')
			.query(({ pq }) => pq === 'second')
			.reply(403, {})
			.get(`/v1/runs/${String(listed.id)}`)
			.reply(200, listed);
		const again = await execute({ completion: 'none' });
		expect(again.error).toBeUndefined();
		expect(reusedOf(again)).toEqual([true]);
	});

	it('looks through so many pages and no more, and says so', async () => {
		let pages = 0;
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply(() => {
				pages += 1;
				const items = [{ id: `r${pages}`, status_code: 'succeeded', client_ref: null }];
				return [200, { items, next: `p${pages}` }];
			})
			.post('/v1/models/openai/gpt-image-2/runs')
			.reply(201, { id: 'new', status_code: 'queued' });
		const again = await execute({ completion: 'none' });
		expect(pages).toBe(25);
		expect(again.items[0]?.json.run_id).toBe('new');
		expect(again.hints[0]).toContain('There are more runs in the time of');
	});
});

/** The run of an earlier execution as the API lists it, with nothing else left of that API. */
async function listedRun(): Promise<Record<string, unknown>> {
	const api = new CountingApi();
	await execute();
	const { clientRef, createdAt, id, input } = firstOf(api);
	nock.cleanAll();
	const output = { outputs: [{ url: 'data:image/png;base64,aGk=' }] };
	return {
		id,
		status_code: 'succeeded',
		input,
		client_ref: clientRef,
		created_at: createdAt,
		output,
	};
}

describe('a run that can not deliver again', () => {
	it.each([
		['whose images are gone', (api: CountingApi) => (api.missingFiles = 3)],
		['that the API no longer knows', (api: CountingApi) => api.unknown.add(firstOf(api).id)],
	])('%s is made anew, which the node says', async (_name, lose) => {
		const api = new CountingApi();
		await execute();
		const [run] = api.runs;
		lose(api);
		const now = Date.now;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + 120_000);
		const again = await execute();
		expect(again.error).toBeUndefined();
		expect(reusedOf(again)).toEqual([false]);
		expect(again.items[0]?.binary?.data).toBeDefined();
		expect(api.runs).toHaveLength(2);
		expect(again.hints[0]).toBe(
			`The images of 1 earlier run are no longer there, so they were not reused: ${run?.id}.`,
		);
	});

	it('is given a second look with fresh URLs', async () => {
		const api = new CountingApi();
		await execute();
		api.missingFiles = 1;
		expect(reusedOf(await execute())).toEqual([true]);
		expect(api.runs).toHaveLength(1);
	});

	it('gives way to an older one that can', async () => {
		const api = new CountingApi();
		await execute({ options: { pollInterval: 0.1 } });
		await execute({ options: { pollInterval: 0.1 } });
		api.missingFiles = 3;
		const again = await execute();
		expect(reusedOf(again)).toEqual([true]);
		expect(again.items[0]?.json.run_id).toBe(firstOf(api).id);
		expect(api.runs).toHaveLength(2);
	});

	it('is never one of sync mode, without a list', async () => {
		const api = new CountingApi();
		await execute({ syncMode: true });
		const again = await execute({ syncMode: true });
		expect(api.runs).toHaveLength(2);
		expect(api.lists).toBe(0);
		expect(again.hints[0]).toContain("does nothing with 'Sync Mode'");
	});
});

describe('reuse under the other completions', () => {
	const callbackUrl = 'https://n8n.example.com/webhook/trigger';

	it('returns a run that succeeded with its URLs, and says that it will not call back', async () => {
		const api = new CountingApi();
		await execute();
		const again = await execute({ completion: 'none', callbackUrl });
		expect(again.items[0]?.json).toMatchObject({
			reused: true,
			status: 'succeeded',
			url: expect.stringContaining(`/files/${firstOf(api).id}/0/`),
		});
		expect(again.hints.at(-1)).toContain("1 reused run will not call 'Callback URL'");
		expect(api.runs).toHaveLength(1);
	});

	it('says nothing where the pending run will call that very URL', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		await execute({ completion: 'none', callbackUrl });
		const again = await execute({ completion: 'none', callbackUrl });
		expect(again.items[0]?.json).toMatchObject({ reused: true, status: 'running' });
		expect(again.hints).toEqual(['Of 1 run, 1 reused.']);
		expect(api.runs).toHaveLength(1);
	});

	it('outputs a run that has ended without being suspended', async () => {
		const api = new CountingApi();
		await execute();
		const again = await execute({ completion: 'suspend', options: { reuse: 24, timeout: 2 } });
		expect(again.run.status).toBe('success');
		expect(again.items[0]?.json).toMatchObject({ reused: true, status: 'succeeded' });
		expect(again.hints).toEqual([
			'1 image from 1 run, 1 reused ($0.133 not spent), 0 failed, nothing paid.',
		]);
		expect(api.runs).toHaveLength(1);
	});

	it('is suspended for a pending run, and keeps that it is reused', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		await execute({ completion: 'none' });
		nock('https://n8n.example.com')
			.persist()
			.post(/.*/)
			.reply(404, { code: 404, message: 'The execution does not exist.' });
		const again = await execute({ completion: 'suspend', options: { reuse: 24, timeout: 2 } });
		expect(again.run.status).toBe('waiting');
		expect(api.runs).toHaveLength(1);
		const { executionData } = again.run.data;
		const [parked] = executionData?.nodeExecutionStack[0]?.data.main?.[0] ?? [];
		expect(parked?.json).toMatchObject({ reused: true, timed_out: true });
		const stored = executionData?.contextData['node:GPT Image 2']?.suspension as string;
		expect(JSON.parse(stored)).toMatchObject({
			runs: [{ runId: firstOf(api).id, source: 'reuse' }],
		});
		expect(again.hints).toEqual(['Of 1 run, 1 reused.']);
	});
});

describe('the image of a run to reuse', () => {
	it('is looked at by its first byte only, and then downloaded as a whole', async () => {
		const api = new CountingApi();
		await execute();
		expect(api.ranges).toEqual([]);
		const again = await execute();
		expect(reusedOf(again)).toEqual([true]);
		expect(again.items[0]?.binary?.data).toBeDefined();
		expect(api.ranges).toEqual(['bytes=0-0']);
	});
});

describe('reuse and the ledger', () => {
	it('continues with the reused run when Retry On Fail tries again, and still calls it reused', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		await execute({ completion: 'none' });
		setTimeout(() => (firstOf(api).status = 'succeeded'), 900);
		const again = await execute(
			{ options: { ...options, timeout: 0.5 } },
			{ settings: { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 } },
		);
		expect(again.error).toBeUndefined();
		expect(reusedOf(again)).toEqual([true]);
		expect(api.lists).toBe(2);
		expect(api.runs).toHaveLength(1);
	});

	it('gives the retry of a crashed execution its own runs first, and no run twice', async () => {
		const api = new CountingApi();
		const same = ['p0', 'p0'].map((prompt) => ({ json: { prompt } }));
		const establishedAt = Date.now();
		await execute({}, { input: same, establishedAt });
		const three = [...same, ...one];
		const retried = await execute({}, { input: three, establishedAt, mode: 'retry' });
		expect(reusedOf(retried)).toEqual([false, false, false]);
		expect(new Set(retried.items.map(({ json }) => json.run_id)).size).toBe(3);
		expect(api.runs).toHaveLength(3);
		expect(api.lists).toBe(2);
	});

	it('still limits what is asked for, reused or not', async () => {
		const api = new CountingApi();
		await execute();
		const again = await execute({ numImages: 2, options: { ...options, maxImages: 1 } });
		expect(again.error?.message).toContain("'Max Images' allows 1");
		expect(api.lists).toBe(1);
	});

	it.each([
		[-1, 'must be at least 0'],
		[721, 'must be at most 720 hours (30 days)'],
	])('refuses %d hours', async (reuse, problem) => {
		const { error } = await execute({ options: { reuse } });
		expect(error?.message).toBe(`'Reuse Earlier Runs (Hours)' ${problem}`);
	});
});
