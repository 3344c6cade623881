import nock from 'nock';

import { succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { CountingApi } from './api';
import { apiUrl, runWorkflow, type EngineResult } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(60_000);

const fast = { options: { pollInterval: 0.1 } };
const items = (...prompts: string[]) => prompts.map((prompt) => ({ json: { prompt } }));

const idsOf = ({ items: out }: EngineResult) => out.map(({ json }) => json.run_id);

const photo = (data: string) => ({
	json: { prompt: 'on a white background' },
	binary: {
		data: {
			data: Buffer.from(gif(data)).toString('base64'),
			mimeType: 'image/png',
			fileName: `${data}.png`,
		},
	},
});

/** Takes uploads; the asset is named after the file. */
function uploads(delays: Record<string, number> = {}) {
	nock(apiUrl)
		.persist()
		.post('/v1/asset-uploads')
		.reply(async (_uri, body) => {
			const { filename } = body as { filename: string };
			await new Promise((resolve) => setTimeout(resolve, delays[filename] ?? 0));
			return [201, { asset_id: filename, upload_url: `https://storage.test/put/${filename}` }];
		})
		.post(/confirmations$/)
		.reply((uri) => {
			const id = uri.split('/').at(-2);
			return [201, { id, url: `https://storage.test/asset/${id}` }];
		});
	nock('https://storage.test').persist().put(/.*/).reply(200);
}

describe('the run of an item in a retry', () => {
	const establishedAt = Date.now();
	const edit = (clientRef: string) =>
		goldenWorkflow('generate', {
			operation: 'edit',
			prompt: '={{ $json.prompt }}',
			options: { ...fast.options, download: false, clientRef },
		});
	const imagesOf = (api: CountingApi, result: EngineResult) =>
		idsOf(result).map((id) => {
			const urls = api.runs.find((run) => run.id === id)?.input.image_urls;
			return Array.isArray(urls) ? urls[0] : null;
		});
	const abc = ['a', 'b', 'c'].map((name) => `https://storage.test/asset/${name}.png`);

	it('is that of its place where random prompts ask for what another item asked for', async () => {
		const prompt = "={{ $execution.id === '18' ? 'b' : ['a', 'b'][$itemIndex] }}";
		const api = new CountingApi();
		const input = [{ json: {} }, { json: {} }];
		const workflow = goldenWorkflow('generate', { ...fast, prompt });
		await runWorkflow(workflow, { input, establishedAt, executionId: '17' });
		expect(api.runs).toHaveLength(2);
		await runWorkflow(workflow, {
			input,
			establishedAt,
			executionId: '18',
			mode: 'retry',
		});
		expect(api.runs).toHaveLength(2);
	});

	it('is said to be unknown where items share it and upload images, instead of given to another item', async () => {
		uploads({ 'a.png': 300 });
		const api = new CountingApi();
		const input = ['a', 'b', 'c'].map(photo);
		await runWorkflow(edit('batch-7'), { input, establishedAt, executionId: '17' });
		expect(api.runs).toHaveLength(3);
		const again = await runWorkflow(edit('batch-7'), {
			input,
			establishedAt,
			executionId: '18',
			mode: 'retry',
		});
		expect(again.error?.context).toMatchObject({ code: 'RUNS_UNKNOWN' });
		expect(again.error?.description).toContain('does not show which images were uploaded');
		expect(api.runs).toHaveLength(3);
	});

	it('is its own though the id of the execution is among the digits of another', async () => {
		uploads();
		const api = new CountingApi();
		const workflow = edit('=order-{{ $json.order }}');
		const rows = [1017, 1027].map((order, index) => {
			const row = photo(['a', 'b'][index] ?? '');
			return { ...row, json: { ...row.json, order } };
		});
		await runWorkflow(workflow, { input: rows.slice(1), establishedAt, executionId: '99' });
		const again = await runWorkflow(workflow, {
			input: rows,
			establishedAt,
			executionId: '101',
			mode: 'retry',
		});
		expect(imagesOf(api, again)).toEqual(abc.slice(0, 2));
		expect(api.runs).toHaveLength(2);
	});
});

describe("a run under a reference of the user's own", () => {
	const establishedAt = Date.now();

	it('is of nobody else though the id of the execution is among its digits', async () => {
		const clientRef = '={{ $json.sku }}';
		const api = new CountingApi();
		const workflow = goldenWorkflow('generate', { options: { ...fast.options, clientRef } });
		const row = (sku: string) => ({ json: { sku, prompt: 'a mug on white' } });
		await runWorkflow(workflow, { input: [row('sku-993')], executionId: '10' });
		await runWorkflow(workflow, {
			input: [row('sku-123')],
			establishedAt,
			executionId: '12',
			mode: 'retry',
		});
		expect(api.runs).toHaveLength(2);
	});

	it('is refused where it is one that the node made for another run', async () => {
		const api = new CountingApi();
		await runWorkflow(goldenWorkflow('generate', fast), { input: items('p0'), executionId: '10' });
		const clientRef = api.runs[0]?.clientRef ?? '';
		const { error } = await runWorkflow(
			goldenWorkflow('generate', { options: { ...fast.options, clientRef } }),
			{ input: items('p1'), executionId: '11' },
		);
		expect(error?.message).toBe("'Client Reference' is one that this node made for another run");
		expect(api.runs).toHaveLength(1);
	});
});

describe('equal items that share a reference of their own', () => {
	it('have a run each, though one whose answer got lost takes the run of one whose answer is late', async () => {
		const [one = '', other = ''] = [1, 2].map(
			(number) => `01970c11-2222-7333-8444-00000000000${number}`,
		);
		const bodies: Array<{ input: object }> = [];
		const view = (id: string) => ({
			...succeededRun,
			id,
			input: bodies[0]?.input,
			client_ref: 'campaign',
			created_at: new Date().toISOString(),
		});
		const note = (body: object) => bodies.push(body as { input: object }) > 0;
		const path = '/v1/models/openai/gpt-image-2/runs';
		nock(apiUrl)
			.post(path, note)
			.replyWithError(Object.assign(new Error('hang up'), { code: 'ECONNRESET' }));
		nock(apiUrl)
			.post(path, note)
			.delay(6_000)
			.reply(201, () => view(other));
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply(() => [200, { items: [view(other), view(one)], next: null }])
			.get(/^\/v1\/runs\/[^/?]+$/)
			.reply((uri) => [200, view(uri.split('/').at(-1) ?? '')]);
		const parameters = { options: { ...fast.options, clientRef: 'campaign', download: false } };
		const result = await runWorkflow(goldenWorkflow('generate', parameters), {
			input: items('a', 'a'),
		});
		expect(result.error).toBeUndefined();
		expect(idsOf(result)).toEqual([other, one]);
		expect(bodies).toHaveLength(2);
	});
});
