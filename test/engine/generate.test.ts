import nock from 'nock';

import { imageUrl, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { apiUrl, bytesOf, credential, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const models = '/v1/models/openai/gpt-image-2/runs';
const run = `/v1/runs/${runId}`;
const image = new URL(imageUrl);
const input = [{ json: { prompt: 'a brass sign' } }];
const pngDataUri = `data:image/png;base64,${Buffer.from('inline png').toString('base64')}`;

const files = (status = 200, headers = { 'content-type': 'image/png' }) =>
	nock(image.origin).get(image.pathname).query(true).reply(status, gif('bytes'), headers);

const runWith = async (parameters = {}) =>
	await runWorkflow(goldenWorkflow('generate', parameters), { input });

describe('generate, waiting in the execution', () => {
	it('creates a run, waits for it and outputs its image as binary data in the one item shape', async () => {
		const api = nock(apiUrl, { reqheaders: { authorization: `Bearer ${credential.apiKey}` } })
			.post(models, {
				input: {
					prompt: 'a brass sign',
					image_size: 'landscape_4_3',
					quality: 'high',
					num_images: 1,
					output_format: 'png',
					sync_mode: false,
				},
				client_ref:
					/^n8n:[0-9a-f]{12}:wf\d+:5a7c1b1e-6a1f-4d9c-9c3e-1f0a5f1a0002:[0-9a-f]{16}\.[0-9a-f]{10}@[0-9a-z]+\.[0-9a-f]{10}:231:0\.0\.1$/,
			})
			.matchHeader('idempotency-key', /^[0-9a-f-]{36}$/)
			.reply(201, queuedRun)
			.get(run)
			.reply(200, { ...queuedRun, status_code: 'running' })
			.get(run)
			.reply(200, succeededRun);
		const download = files();
		const { items, error, hints } = await runWith();

		expect(error).toBeUndefined();
		expect(items.map(({ json, pairedItem }) => ({ json, pairedItem }))).toEqual([
			{
				pairedItem: { item: 0 },
				json: {
					run_id: runId,
					status: 'succeeded',
					event: null,
					prompt: 'a brass sign',
					image_index: 0,
					image_count: 1,
					url: imageUrl,
					file_name: 'brass-sign-7777.png',
					mime_type: 'image/png',
					width: null,
					height: null,
					seed: null,
					timing: null,
					nsfw_detected: null,
					cost: 0.133,
					duration_ms: 41230,
					created_at: '2026-05-20T09:00:00Z',
					completed_at: '2026-05-20T09:00:41Z',
					metadata: { order: '17' },
					client_ref: 'order-17',
					failure: null,
					reused: false,
					timed_out: false,
					channel: null,
					public_url: null,
				},
			},
		]);
		expect((await bytesOf(items[0])).toString()).toBe(gif('bytes'));
		expect(hints).toEqual(['1 image from 1 run, 0 failed, cost reported by Runflow: $0.133.']);
		expect(api.isDone() && download.isDone()).toBe(true);
	});

	it('does not poll a run that the create returns as ended', async () => {
		const api = nock(apiUrl).post(models).reply(200, succeededRun);
		const download = files();
		const { items } = await runWith();
		expect(items).toHaveLength(1);
		expect(api.isDone() && download.isDone()).toBe(true);
	});

	it('sends the fields of the node, the custom size, the additional input, the metadata and the reference', async () => {
		const api = nock(apiUrl)
			.post(models, {
				input: {
					prompt: 'a brass sign',
					image_size: { width: 1024, height: 640 },
					quality: 'low',
					num_images: 2,
					output_format: 'webp',
					sync_mode: false,
					background: 'transparent',
				},
				metadata: { order: 17, rush: true },
				client_ref: 'order-17',
			})
			.reply(201, succeededRun);
		const download = files();
		const { error } = await runWith({
			imageSize: 'custom',
			width: 1024,
			height: 640,
			quality: 'low',
			numImages: 2,
			outputFormat: 'webp',
			options: {
				additionalInput: '{ "background": "transparent" }',
				clientRef: 'order-17',
				metadata: {
					assignments: [
						{ id: 'a', name: 'order', value: 17, type: 'number' },
						{ id: 'b', name: 'rush', value: true, type: 'boolean' },
					],
				},
			},
		});
		expect(error).toBeUndefined();
		expect(api.isDone() && download.isDone()).toBe(true);
	});

	it('sends the organization when the credential names one', async () => {
		const api = nock(apiUrl, { reqheaders: { 'x-organization-id': 'org-1' } })
			.post(models)
			.reply(201, succeededRun);
		files();
		await runWorkflow(goldenWorkflow('generate'), {
			input,
			credential: { ...credential, organizationId: 'org-1', baseUrl: `${apiUrl}/v1/` },
		});
		expect(api.isDone()).toBe(true);
	});

	it('downloads images without the API key', async () => {
		nock(apiUrl).post(models).reply(201, succeededRun);
		const download = nock(image.origin, { badheaders: ['authorization', 'x-organization-id'] })
			.get(image.pathname)
			.query(true)
			.reply(200, gif('bytes'));
		await runWith();
		expect(download.isDone()).toBe(true);
	});

	it('decodes a data URI into a binary field and leaves no base64 in the json', async () => {
		const output = { ...succeededRun.output, outputs: [{ type: 'image', url: pngDataUri }] };
		const api = nock(apiUrl)
			.post(models)
			.reply(201, { ...succeededRun, output });
		const { items } = await runWith({
			syncMode: true,
			options: { download: false, includeRun: true },
		});
		expect(items[0]?.json).toMatchObject({ url: null, mime_type: 'image/png' });
		expect(JSON.stringify(items[0]?.json)).not.toContain('base64');
		expect((await bytesOf(items[0])).toString()).toBe('inline png');
		expect(api.isDone()).toBe(true);
	});

	it('puts all images of a run into one item when asked to', async () => {
		const outputs = [
			{ type: 'image', url: imageUrl, width: 1280, height: 960 },
			{ type: 'image', url: pngDataUri },
		];
		nock(apiUrl)
			.post(models)
			.reply(201, { ...succeededRun, output: { ...succeededRun.output, outputs } });
		files(200, { 'content-type': 'image/jpeg' });
		const { items } = await runWith({
			options: { output: 'perRun', binaryField: 'image', fileName: 'sign' },
		});
		expect(items).toHaveLength(1);
		expect(items[0]?.json).toMatchObject({
			image_count: 2,
			image_index: null,
			images: [
				{
					index: 0,
					url: imageUrl,
					file_name: 'sign-0.jpg',
					mime_type: 'image/jpeg',
					width: 1280,
					height: 960,
				},
				{
					index: 1,
					url: null,
					file_name: 'sign-1.png',
					mime_type: 'image/png',
					width: null,
					height: null,
				},
			],
		});
		expect(Object.keys(items[0]?.binary ?? {})).toEqual(['image', 'image_1']);
		expect(items[0]?.binary?.image).toMatchObject({
			mimeType: 'image/jpeg',
			fileName: 'sign-0.jpg',
		});
	});

	it('outputs only URLs when download is off', async () => {
		nock(apiUrl).post(models).reply(201, succeededRun);
		const { items } = await runWith({ options: { download: false } });
		expect(items[0]?.json.url).toBe(imageUrl);
		expect(items[0]?.binary).toBeUndefined();
	});

	it('reads the run again for a fresh URL when the first one has expired', async () => {
		const fresh = imageUrl.replace('result.png', 'fresh.png');
		const output = { ...succeededRun.output, outputs: [{ url: fresh }] };
		const api = nock(apiUrl)
			.post(models)
			.reply(201, succeededRun)
			.get(run)
			.reply(200, { ...succeededRun, output });
		const expired = files(403);
		const download = nock(image.origin)
			.get(new URL(fresh).pathname)
			.query(true)
			.reply(200, gif('fresh'));
		const { items } = await runWith();
		expect((await bytesOf(items[0])).toString()).toBe(gif('fresh'));
		expect(api.isDone() && expired.isDone() && download.isDone()).toBe(true);
	});

	it('goes on with the new key when the key is replaced while it waits', async () => {
		const replaced = { ...credential };
		const oldKey = { reqheaders: { authorization: `Bearer ${credential.apiKey}` } };
		const newKey = { reqheaders: { authorization: 'Bearer rf_live_new' } };
		const before = nock(apiUrl, oldKey)
			.post(models)
			.reply(201, queuedRun)
			.get(run)
			.reply(() => {
				replaced.apiKey = 'rf_live_new';
				return [401, { code: 'INVALID_API_KEY' }];
			});
		const after = nock(apiUrl, newKey).get(run).reply(200, succeededRun);
		const workflow = goldenWorkflow('generate', { options: { download: false } });
		const { items, error } = await runWorkflow(workflow, { input, credential: replaced });
		expect(error).toBeUndefined();
		expect(items[0]?.json.status).toBe('succeeded');
		expect([before.isDone(), after.isDone()]).toEqual([true, true]);
	});

	it('survives reads that fail while the run is pending', async () => {
		const api = nock(apiUrl)
			.post(models)
			.reply(201, queuedRun)
			.get(run)
			.reply(503, 'busy', { 'retry-after': '0' })
			.get(run)
			.replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
			.get(run)
			.reply(404, { code: 'RUN_NOT_FOUND' })
			.get(run)
			.reply(200, succeededRun);
		files();
		const { items, error } = await runWith({ options: { pollInterval: 0.1 } });
		expect(error).toBeUndefined();
		expect(items).toHaveLength(1);
		expect(api.isDone()).toBe(true);
	});

	it('ends with an error that names the run when the deadline passes', async () => {
		nock(apiUrl).post(models).reply(201, queuedRun).persist().get(run).reply(200, queuedRun);
		const { error } = await runWith({ options: { pollInterval: 0.1, timeout: 0.4 } });
		expect(error?.message).toBe(
			`The picture ("a brass sign") is not ready: its run was still 'queued' after 0.4 seconds`,
		);
		expect(error?.description).toContain('not paid for again');
		expect(error?.context).toMatchObject({
			run_id: runId,
			status: 'queued',
			code: 'DEADLINE',
		});
	});

	it('stops reading at once when the execution is stopped', async () => {
		let reads = 0;
		let stop = () => {};
		nock(apiUrl)
			.post(models)
			.reply(201, queuedRun)
			.persist()
			.get(run)
			.reply(() => {
				reads += 1;
				if (reads === 2) setTimeout(stop, 0);
				return [200, queuedRun];
			});
		const { run: result } = await runWorkflow(
			goldenWorkflow('generate', { options: { pollInterval: 0.1 } }),
			{ input, onStart: (cancel) => (stop = cancel) },
		);
		const readsAtStop = reads;
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(reads - readsAtStop).toBeLessThanOrEqual(1);
		expect(result.status).toBe('canceled');
	});
});
