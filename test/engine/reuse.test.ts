import type { INode, INodeParameters } from 'n8n-workflow';
import nock from 'nock';

import { gif } from '../fixtures/pictures';
import { CountingApi } from './api';
import type { CountedRun } from './countedRun';
import { apiUrl, bytesOf, runWorkflow, type EngineOptions, type EngineResult } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(60_000);

const hourMs = 3_600_000;
const options = { pollInterval: 0.1, reuse: 24 };
const prompts = (...texts: string[]) => texts.map((prompt) => ({ json: { prompt } }));
const one = prompts('p0');

let executions = 0;

/** One more execution of a workflow with a single GPT Image 2 node. */
async function execute(
	parameters: INodeParameters = {},
	{ settings = {}, ...more }: Partial<EngineOptions> & { settings?: Partial<INode> } = {},
): Promise<EngineResult> {
	executions += 1;
	const workflow = goldenWorkflow('generate', { options, ...parameters }, settings);
	const executionId = String(1000 + executions);
	return await runWorkflow(workflow, { input: one, executionId, ...more });
}

const idsOf = ({ items }: EngineResult) => items.map(({ json }) => json.run_id);
const reusedOf = ({ items }: EngineResult) => items.map(({ json }) => json.reused);
const firstOf = ({ runs: [run] }: CountingApi): CountedRun => {
	if (!run) throw new Error('there is no run');
	return run;
};
const hoursAgo = (hours: number) => new Date(Date.now() - hours * hourMs).toISOString();

describe('a request that an earlier execution made', () => {
	it('takes up its run, delivers the image, and says what was not spent', async () => {
		const api = new CountingApi();
		await execute();
		const again = await execute();
		expect(again.error).toBeUndefined();
		expect(api.runs).toHaveLength(1);
		expect(idsOf(again)).toEqual([firstOf(api).id]);
		expect(reusedOf(again)).toEqual([true]);
		expect((await bytesOf(again.items[0])).toString()).toBe(gif('/p0.png'));
		expect(again.hints).toEqual([
			'1 image from 1 run, 1 reused ($0.133 not spent), 0 failed, nothing paid.',
		]);
	});

	it('pays only for what changed, with one list for all items', async () => {
		const api = new CountingApi();
		await execute({}, { input: prompts('p0', 'p1', 'p2') });
		expect(api.lists).toBe(1);
		const again = await execute({}, { input: prompts('p0', 'changed', 'p2') });
		expect(api.lists).toBe(2);
		expect(reusedOf(again)).toEqual([true, false, true]);
		expect(api.runs.map(({ prompt }) => prompt)).toEqual(['p0', 'p1', 'p2', 'changed']);
		expect(again.hints).toEqual([
			'3 images from 3 runs, 2 reused ($0.266 not spent), 0 failed, cost reported by Runflow: $0.133.',
		]);
	});

	it('is made anew where the option is off, without a list', async () => {
		const api = new CountingApi();
		await execute();
		const again = await execute({ options: { pollInterval: 0.1 } });
		expect(api.runs).toHaveLength(2);
		expect(api.lists).toBe(1);
		expect(reusedOf(again)).toEqual([false]);
	});

	it('is found again whatever the workflow and the node', async () => {
		const api = new CountingApi();
		await execute();
		firstOf(api).clientRef = firstOf(api).clientRef.replace(/:wf\d+:/, ':another workflow:');
		const again = await execute({}, { settings: { id: 'another-node' } });
		expect(reusedOf(again)).toEqual([true]);
		expect(api.runs).toHaveLength(1);
	});

	it.each<[string, (run: CountedRun) => void, INodeParameters?]>([
		[
			'another n8n started it',
			(run) => (run.clientRef = run.clientRef.replace(/^n8n:\w+/, 'n8n:0123456789ab')),
		],
		['it is older than the hours', (run) => (run.createdAt = hoursAgo(24.1))],
		['it failed', (run) => (run.status = 'failed')],
		['it was cancelled', (run) => (run.status = 'cancelled')],
		['it delivered only part of its images', (run) => (run.status = 'partial_succeeded')],
		['it has no image', (run) => (run.images = 0)],
		[
			'it has been pending for more than an hour',
			(run) => {
				run.status = 'running';
				run.createdAt = hoursAgo(1.1);
			},
		],
		['it has another reference', (run) => (run.clientRef = 'order-17')],
		['the number of images changed', () => {}, { numImages: 2 }],
		[
			'the additional input changed',
			() => {},
			{ options: { ...options, additionalInput: { background: 'opaque' } } },
		],
	])('is made anew where %s', async (_name, change, parameters = {}) => {
		const api = new CountingApi();
		await execute();
		change(firstOf(api));
		const again = await execute(parameters);
		expect(again.error).toBeUndefined();
		expect(reusedOf(again)).not.toContain(true);
		expect(api.runs).toHaveLength(2);
	});

	it('is found again whatever the API made of its input', async () => {
		const api = new CountingApi();
		await execute();
		firstOf(api).input = { prompt: 'p0 ', quality: null };
		expect(reusedOf(await execute())).toEqual([true]);
		expect(api.runs).toHaveLength(1);
	});

	it('waits for a run that is pending', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		const submitted = await execute({ completion: 'none' });
		expect(submitted.items[0]?.json.status).toBe('queued');
		setTimeout(() => (firstOf(api).status = 'succeeded'), 500);
		const again = await execute();
		expect(again.items[0]?.json).toMatchObject({ status: 'succeeded', reused: true });
		expect(api.runs).toHaveLength(1);
	});

	it('is made anew in the same try where the pending run that it waits for fails', async () => {
		const api = new CountingApi((run, tries) => {
			if (tries === 1) run.status = 'running';
		});
		await execute({ completion: 'none' });
		setTimeout(() => (firstOf(api).status = 'failed'), 500);
		const again = await execute();
		expect(again.error).toBeUndefined();
		expect(reusedOf(again)).toEqual([false]);
		expect(api.runs).toHaveLength(2);
	});

	it('says so in one item for the whole run, and briefly to a model', async () => {
		const api = new CountingApi();
		await execute();
		const whole = await execute({ options: { ...options, output: 'perRun' } });
		expect(whole.items[0]?.json).toMatchObject({ reused: true, image_count: 1 });
		const asTool = { type: 'n8n-nodes-runflow.gptImage2Tool' };
		const told = await execute({}, { settings: asTool });
		expect(told.items[0]?.json).toMatchObject({ run_id: firstOf(api).id, reused: true });
		expect(api.runs).toHaveLength(1);
	});
});

describe('items of one execution that ask for the same', () => {
	it('get a run each, and keep it in the next execution', async () => {
		const api = new CountingApi();
		const first = await execute({}, { input: prompts('p0', 'p0', 'p0') });
		expect(api.runs).toHaveLength(3);
		const again = await execute({}, { input: prompts('p0', 'p0', 'p0') });
		expect(idsOf(again)).toEqual(idsOf(first));
		expect(api.runs).toHaveLength(3);
		const more = await execute({}, { input: prompts('p0', 'p0', 'p0', 'p0') });
		expect(reusedOf(more)).toEqual([true, true, true, false]);
		expect(new Set(idsOf(more)).size).toBe(4);
		expect(api.runs).toHaveLength(4);
	});

	it('get a run each in the rounds of a loop', async () => {
		const api = new CountingApi();
		await execute();
		const golden = goldenWorkflow('generate', { options });
		const round = { node: 'GPT Image 2', type: 'main' as const, index: 0 };
		const looping = { ...golden, connections: { Start: { main: [[round, round, round]] } } };
		await runWorkflow(looping, { input: one, executionId: '77' });
		expect(api.runs).toHaveLength(3);
	});

	it.each([
		['a reference that the node made', options, options],
		['one of their own', { ...options, clientRef: 'c-7' }, { ...options, clientRef: 'c-7' }],
		['only the second reusing runs', { pollInterval: 0.1 }, options],
	])('get a run each in two nodes, with %s', async (_name, ofFirst, ofSecond) => {
		const api = new CountingApi();
		const golden = goldenWorkflow('generate', { options: ofFirst });
		const [start, node] = golden.nodes;
		if (!start || !node) throw new Error('the golden workflow has two nodes');
		const parameters = { ...node.parameters, options: ofSecond };
		const second = { ...node, id: 'second', name: 'Second', parameters };
		const to = (name: string) => ({ node: name, type: 'main' as const, index: 0 });
		const both = {
			nodes: [start, node, second],
			connections: { Start: { main: [[to('GPT Image 2'), to('Second')]] } },
		};
		await runWorkflow(both, { input: one, executionId: '78' });
		expect(api.runs).toHaveLength(2);
		await runWorkflow(both, { input: one, executionId: '79' });
		expect(api.runs).toHaveLength('reuse' in ofFirst ? 2 : 3);
	});
});

describe("a reference of the user's own", () => {
	const own = (clientRef: string) => ({ options: { ...options, clientRef } });

	it('finds the run that has it and exactly the same input', async () => {
		const api = new CountingApi();
		await execute(own('order-17'));
		expect(reusedOf(await execute(own('order-17')))).toEqual([true]);
		expect(reusedOf(await execute(own('order-18')))).toEqual([false]);
		firstOf(api).input = { ...firstOf(api).input, image_urls: ['https://x.test/1.png'] };
		expect(reusedOf(await execute(own('order-17')))).toEqual([false]);
		expect(api.runs).toHaveLength(3);
	});

	it('gives each of several items its own run where the list leaves out what they were made from', async () => {
		const api = new CountingApi();
		const input = prompts('p0', 'p1', 'p2');
		const first = await execute(own('order-17'), { input });
		api.listsInput = false;
		const again = await execute(own('order-17'), { input });
		expect(reusedOf(again)).toEqual([true, true, true]);
		expect(idsOf(again)).toEqual(idsOf(first));
		await execute(own('order-17'), { input: prompts('p2', 'p9', 'p0') });
		expect(api.runs.map(({ prompt }) => prompt)).toEqual(['p0', 'p1', 'p2', 'p9']);
	});

	it('tells images apart by the whole of their URLs', async () => {
		const api = new CountingApi();
		const edit = (url: string) => ({
			...own('order-17'),
			operation: 'edit',
			inputSource: 'url',
			inputUrls: url,
		});
		await execute(edit('https://x.test/image?sku=1'));
		expect(reusedOf(await execute(edit('https://x.test/image?sku=1')))).toEqual([true]);
		expect(reusedOf(await execute(edit('https://x.test/image?sku=2')))).toEqual([false]);
		expect(api.runs).toHaveLength(2);
	});
});

describe('an edit of an uploaded image', () => {
	const photo = (content: string) => ({
		data: Buffer.from(gif(content)).toString('base64'),
		mimeType: 'image/png',
		fileName: 'photo.png',
	});
	const withPhoto = (content: string) => ({
		input: [{ json: { prompt: 'p0' }, binary: { data: photo(content) } }],
	});
	let uploads = 0;

	beforeEach(() => {
		uploads = 0;
		nock(apiUrl)
			.persist()
			.post('/v1/asset-uploads')
			.reply(201, () => {
				uploads += 1;
				return { asset_id: `a${uploads}`, upload_url: 'https://storage.test/put' };
			})
			.post(/confirmations$/)
			.reply(201, () => ({ id: `a${uploads}`, url: `https://storage.test/asset/${uploads}` }));
		nock('https://storage.test').persist().put('/put').reply(200);
	});

	it('is found again by the content of the image, which is not uploaded once more', async () => {
		const api = new CountingApi();
		await execute({ operation: 'edit' }, withPhoto('photo'));
		expect(reusedOf(await execute({ operation: 'edit' }, withPhoto('photo')))).toEqual([true]);
		expect(uploads).toBe(1);
		expect(reusedOf(await execute({ operation: 'edit' }, withPhoto('other')))).toEqual([false]);
		expect(api.runs).toHaveLength(2);
	});

	it("is made anew with a reference of the user's own, which says so", async () => {
		const api = new CountingApi();
		const parameters = { operation: 'edit', options: { ...options, clientRef: 'order-17' } };
		await execute(parameters, withPhoto('photo'));
		const again = await execute(parameters, withPhoto('photo'));
		expect(api.runs).toHaveLength(2);
		expect(again.hints[0]).toContain(
			"'Reuse Earlier Runs (Hours)' recognizes images by their URLs only",
		);
	});
});
