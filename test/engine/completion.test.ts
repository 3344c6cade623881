import { setTimeout as sleep } from 'node:timers/promises';

import nock from 'nock';

import { failedRun, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { apiUrl, credential, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const models = '/v1/models/openai/gpt-image-2/runs';
const input = [{ json: { prompt: 'a brass sign' }, binary: {} }];
const callbackUrl = 'https://n8n.example.com/webhook/1';

/** With a deadline so near, the watch over a suspended execution ends soon after its test. */
const suspending = { completion: 'suspend', options: { timeout: 2 } };

/** Ends the watch over a suspended execution at its first call. */
const executionIsGone = (url = 'https://n8n.example.com') =>
	nock(url)
		.persist()
		.post(/webhook-waiting/)
		.reply(404, { code: 404, message: 'The execution does not exist.' });

describe('returning immediately', () => {
	it('sends the callback URL and outputs the handle of the run without reading it', async () => {
		const api = nock(apiUrl)
			.post(models, (body) => body.callback_url === callbackUrl)
			.reply(201, queuedRun);
		const { items, error } = await runWorkflow(
			goldenWorkflow('generate', { completion: 'none', callbackUrl }),
			{ input },
		);
		expect(error).toBeUndefined();
		expect(items).toHaveLength(1);
		expect(items[0]?.json).toMatchObject({
			run_id: runId,
			status: 'queued',
			image_count: 0,
			url: null,
			timed_out: false,
		});
		expect(items[0]?.binary).toBeUndefined();
		expect(api.isDone()).toBe(true);
	});

	it('outputs the URLs of a run that the create returns as ended', async () => {
		nock(apiUrl).post(models).reply(201, succeededRun);
		const { items } = await runWorkflow(goldenWorkflow('generate', { completion: 'none' }), {
			input,
		});
		expect(items[0]?.json).toMatchObject({
			status: 'succeeded',
			image_count: 1,
			url: succeededRun.output.outputs[0]?.url,
		});
	});

	it.each([
		[
			'http://localhost:5678/webhook/1',
			"'Callback URL' is on 'localhost:5678', which Runflow can't reach",
		],
		[
			'http://192.168.1.5/webhook/1',
			"'Callback URL' is on '192.168.1.5', which Runflow can't reach",
		],
		['n8n.example.com/webhook/1', "'Callback URL' must start with https:// or http://"],
	])('refuses the callback URL %s before anything is sent', async (url, message) => {
		const { error } = await runWorkflow(
			goldenWorkflow('generate', { completion: 'none', callbackUrl: url }),
			{ input },
		);
		expect(error?.message).toBe(message);
		expect(error?.description).toContain('WEBHOOK_URL');
	});

	it('accepts a private callback URL when the API is private too, as with the simulator', async () => {
		const api = nock('http://127.0.0.1:9').post(models).reply(201, queuedRun);
		const workflow = goldenWorkflow('generate', {
			completion: 'none',
			callbackUrl: 'http://localhost:5678/webhook/1',
		});
		const local = { ...credential, baseUrl: 'http://127.0.0.1:9' };
		const { error } = await runWorkflow(workflow, { input, credential: local });
		expect(error).toBeUndefined();
		expect(api.isDone()).toBe(true);
	});

	it('refuses sync mode without a callback, because the image could never be fetched', async () => {
		const { error } = await runWorkflow(
			goldenWorkflow('generate', { completion: 'none', syncMode: true }),
			{ input },
		);
		expect(error?.message).toBe(
			"'Sync Mode' needs 'Wait in This Execution' as 'While Runflow Works'",
		);
	});
});

describe('suspending until the callback', () => {
	let number = 0;
	let id = runId;
	let run = '';
	let pending = queuedRun;

	/** Each test has a run of its own, since what watches over the suspensions of those before still reads theirs. */
	beforeEach(() => {
		id = `${runId.slice(0, -4)}${1000 + number++}`;
		run = `/v1/runs/${id}`;
		pending = { ...queuedRun, id };
	});

	it('sends a resume URL with the path of this package, and shows and parks the handles of the runs', async () => {
		let sent = '';
		const api = nock(apiUrl)
			.post(models, (body) => {
				sent = body.callback_url;
				return true;
			})
			.reply(201, pending)
			.get(run)
			.reply(200, pending);
		executionIsGone();
		const { items, run: result } = await runWorkflow(goldenWorkflow('generate', suspending), {
			input,
		});
		expect(result.status).toBe('waiting');
		expect(items.map(({ json }) => [json.run_id, json.timed_out])).toEqual([[id, false]]);
		expect(result.waitTill).toBeInstanceOf(Date);
		expect(new URL(sent).pathname).toBe('/webhook-waiting/231/runflow');
		const [parked] = result.data.executionData?.nodeExecutionStack[0]?.data.main?.[0] ?? [];
		expect(parked?.json).toMatchObject({ run_id: id, timed_out: true, status: 'queued' });
		expect(result.data.resultData.runData.Start?.[0]?.data?.main?.[0]?.[0]?.json).toEqual({
			prompt: 'a brass sign',
		});
		expect(api.isDone()).toBe(true);
	});

	it('reads its runs ten at a time before it parks', async () => {
		const prompts = Array.from({ length: 30 }, (_, n) => ({ json: { prompt: `p${n}` } }));
		let created = 0;
		let reading = 0;
		const readingAtOnce: number[] = [];
		nock(apiUrl)
			.persist()
			.post(models)
			.reply(201, () => ({ ...queuedRun, id: `${runId.slice(0, -2)}${10 + created++}` }))
			.get(/runs/)
			.reply(200, async (uri) => {
				// The watch of the test before still reads its own run.
				if (/1\d{3}$/.test(uri)) return succeededRun;
				reading += 1;
				readingAtOnce.push(reading);
				await sleep(20);
				reading -= 1;
				return succeededRun;
			});
		const workflow = goldenWorkflow('generate', {
			completion: 'suspend',
			options: { timeout: 2, download: false },
		});
		const { items } = await runWorkflow(workflow, { input: prompts });
		expect(items).toHaveLength(30);
		expect(Math.max(...readingAtOnce.slice(0, 30))).toBe(10);
	});

	it('suspends without a callback URL where Runflow cannot call n8n back, and says so', async () => {
		const api = nock(apiUrl)
			.post(models, (body) => !('callback_url' in body))
			.reply(201, pending)
			.get(run)
			.reply(200, pending);
		executionIsGone('http://localhost:5678');
		const workflow = goldenWorkflow('generate', suspending);
		const result = await runWorkflow(workflow, { input, n8nUrl: 'http://localhost:5678' });
		expect(result.error).toBeUndefined();
		expect(result.run.status).toBe('waiting');
		expect(result.hints.join(' ')).toContain('N8N_WEBHOOK_URL');
		expect(api.isDone()).toBe(true);
	});

	it('reads each run only once before it suspends, however the read fails', async () => {
		const api = nock(apiUrl).post(models).reply(201, pending).get(run).reply(503, {});
		const again = nock(apiUrl).get(run).reply(200, pending);
		executionIsGone();
		const workflow = goldenWorkflow('generate', suspending);
		const { run: result } = await runWorkflow(workflow, { input });
		expect(result.status).toBe('waiting');
		expect(api.isDone()).toBe(true);
		expect(again.isDone()).toBe(false);
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'runs once under Retry On Fail and %s when the first item is refused, and parks every row',
		async (onError) => {
			const api = nock(apiUrl)
				.post(models, /p1/)
				.reply(201, pending)
				.persist()
				.get(run)
				.reply(200, pending);
			const another = nock(apiUrl).post(models).reply(201, pending);
			executionIsGone();
			const workflow = goldenWorkflow('generate', suspending, {
				onError,
				retryOnFail: true,
				maxTries: 3,
				waitBetweenTries: 0,
			});
			const given = [{ json: { prompt: '' } }, { json: { prompt: 'p1' } }];
			const { items, run: result } = await runWorkflow(workflow, { input: given });
			expect(result.status).toBe('waiting');
			expect(items.map(({ json }) => json.run_id)).toEqual([id]);
			const [parked] = result.data.executionData?.nodeExecutionStack[0]?.data.main ?? [];
			expect(
				parked?.map(({ json, pairedItem }) => [json.run_id ?? json.error, pairedItem]),
			).toEqual([
				['Row 1 of 2 has no prompt', { item: 0 }],
				[id, { item: 1 }],
			]);
			const [before] = result.data.resultData.runData.Start?.[0]?.data?.main ?? [];
			expect(before?.map(({ json }) => json)).toEqual([{ prompt: '' }, { prompt: 'p1' }]);
			expect(api.isDone()).toBe(true);
			expect(another.isDone()).toBe(false);
		},
	);

	it('parks the handles of its runs only, when it executes once for all items', async () => {
		nock(apiUrl).post(models).reply(201, pending).persist().get(run).reply(200, pending);
		executionIsGone();
		const workflow = goldenWorkflow('generate', suspending, { executeOnce: true });
		const items = [{ json: { prompt: 'p0' } }, { json: { prompt: 'p1' } }];
		const { run: result } = await runWorkflow(workflow, { input: items });
		const [parked] = result.data.executionData?.nodeExecutionStack[0]?.data.main ?? [];
		expect(parked?.map(({ json }) => json.run_id)).toEqual([id]);
	});

	it('outputs a failed run as an error row where the node continues on errors', async () => {
		const failed = { ...failedRun, id };
		nock(apiUrl).post(models).reply(201, failed).persist().get(run).reply(200, failed);
		const workflow = goldenWorkflow('generate', suspending, { onError: 'continueErrorOutput' });
		const { items, errorItems } = await runWorkflow(workflow, { input });
		expect(items).toEqual([]);
		expect(errorItems.map(({ json }) => json.error)).toEqual([
			'The picture ("a brass sign") was not made: its run failed',
		]);
	});

	it.each([
		['an agent whose tool it is', { type: 'n8n-nodes-runflow.gptImage2Tool' }, 'manual' as const],
		['an evaluation', {}, 'evaluation' as const],
	])('polls when %s waits for the answer', async (_, settings, mode) => {
		const api = nock(apiUrl)
			.post(models, (body) => !('callback_url' in body))
			.reply(201, pending)
			.get(run)
			.reply(200, { ...succeededRun, id });
		const workflow = goldenWorkflow(
			'generate',
			{ completion: 'suspend', options: { download: false } },
			settings,
		);
		const { items } = await runWorkflow(workflow, { input, mode });
		expect(items[0]?.json.status).toBe('succeeded');
		expect(api.isDone()).toBe(true);
	});
});
