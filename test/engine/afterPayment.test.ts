import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { INode, INodeParameters, IRun } from 'n8n-workflow';
import nock from 'nock';

import { queuedRun, runId, succeededRun } from '../fixtures/answers';
import { CountingApi } from './api';
import { apiUrl, bytesOf, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(30_000);

const models = '/v1/models/openai/gpt-image-2/runs';
const path = `/v1/runs/${runId}`;
const items = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { prompt: `p${number}` } }));
const fast = { options: { pollInterval: 0.1 } };
const twice = { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 };
const dataUri = (text: string) => `data:image/png;base64,${Buffer.from(text).toString('base64')}`;
const inline = (...texts: string[]) => ({
	...succeededRun,
	output: { ...succeededRun.output, outputs: texts.map((text) => ({ url: dataUri(text) })) },
});
const emptied = { ...succeededRun, output: null };

/** n8n's Retry: a new execution that goes on with the state of the one that failed. */
async function retry(
	{ data }: IRun,
	parameters: INodeParameters,
	settings: Partial<INode> = {},
	executionId = '232',
) {
	delete data.resultData.error;
	data.resultData.runData['GPT Image 2']?.pop();
	const workflow = goldenWorkflow('generate', parameters, settings);
	const node = workflow.nodes.find(({ name }) => name === 'GPT Image 2');
	const [next] = data.executionData?.nodeExecutionStack ?? [];
	if (node && next) next.node = node;
	return await runWorkflow(workflow, { input: [], resume: data, executionId });
}

/** Lets n8n's binary store fail, at the given calls only. */
function breakStore(...calls: number[]) {
	const service = Container.get(BinaryDataService);
	const store = service.store.bind(service);
	let count = 0;
	return jest.spyOn(service, 'store').mockImplementation(async (...parameters) => {
		count += 1;
		if (calls.includes(count)) throw new Error('no space left on device');
		return await store(...parameters);
	});
}

afterEach(() => jest.restoreAllMocks());

describe('metadata and a reference that differ at each try', () => {
	const parameters = {
		options: {
			pollInterval: 0.1,
			clientRef: '={{ "run-of-" + $execution.id }}',
			metadata: {
				assignments: [{ id: '1', name: 'at', value: '={{ $execution.id }}', type: 'string' }],
			},
		},
	};

	it('do not pay again for a run that is there', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		const first = await runWorkflow(
			goldenWorkflow('generate', { options: { ...parameters.options, timeout: 0.3 } }),
			{ input: items(1) },
		);
		expect(first.error?.message).toContain("was still 'running'");
		for (const run of api.runs) run.status = 'succeeded';
		const second = await retry(first.run, parameters);
		expect(second.error).toBeUndefined();
		expect(second.items).toHaveLength(1);
		expect(api.runs).toHaveLength(1);
	});

	it('are repeated to the letter, with the same key, while it is unclear whether the run is there', async () => {
		const sent: Array<[unknown, unknown]> = [];
		const drop = { times: 6 };
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [] })
			.post(models)
			.reply(function (_uri, body) {
				sent.push([body, this.req.headers['idempotency-key']]);
				return drop.times-- > 0 ? [503, {}, { 'retry-after': '0' }] : [201, succeededRun];
			});
		const options = { ...parameters.options, download: false };
		const first = await runWorkflow(goldenWorkflow('generate', { options }), { input: items(1) });
		expect(first.error?.message).toBe('Runflow could not handle the request (HTTP 503)');
		const second = await retry(first.run, { options });
		expect(second.error).toBeUndefined();
		expect(sent.length).toBeGreaterThan(6);
		expect(sent.at(-1)).toEqual(sent[0]);
		expect(sent[0]?.[0]).toMatchObject({ metadata: { at: '231' }, client_ref: 'run-of-231' });
	});

	it('are the new ones where nothing was sent with the old ones', async () => {
		const api = new CountingApi((_run, tries) => (tries === 1 ? [402, {}] : undefined));
		const first = await runWorkflow(goldenWorkflow('generate', parameters), { input: items(1) });
		expect(first.error?.message).toContain('credit');
		await retry(first.run, parameters);
		expect(api.runs.map(({ clientRef }) => clientRef)).toEqual(['run-of-232']);
	});
});

describe('an error after payment', () => {
	it('that nobody expects names the run', async () => {
		breakStore(1);
		const api = new CountingApi();
		const { error } = await runWorkflow(goldenWorkflow('generate', fast), { input: items(1) });
		const id = api.runs[0]?.id ?? '';
		expect(error?.message).toBe(`Something unexpected happened with run ${id}`);
		expect(error?.description).toContain('no space left on device');
		expect(error?.description).toContain('not paid for again');
		expect(error?.context).toMatchObject({ run_id: id, itemIndex: 0 });
	});

	it('names the run in an error row too', async () => {
		breakStore(1);
		const api = new CountingApi();
		const workflow = goldenWorkflow('generate', fast, { onError: 'continueRegularOutput' });
		const { items: out } = await runWorkflow(workflow, { input: items(1) });
		expect(out[0]?.json).toMatchObject({
			error: `Something unexpected happened with run ${api.runs[0]?.id}`,
			details: { run_id: api.runs[0]?.id, status: null, code: null, http_status: null },
		});
	});

	it('is not what a malformed data URI leads to: each byte that can be read is kept', async () => {
		const output = { outputs: [{ url: 'data:image/png,%89PNG%' }] };
		nock(apiUrl)
			.post(models)
			.reply(201, { ...succeededRun, output });
		const result = await runWorkflow(goldenWorkflow('generate'), { input: items(1) });
		expect(result.error).toBeUndefined();
		expect((await bytesOf(result.items[0])).toString('latin1')).toBe('\x89PNG%');
	});

	it('names the other runs that are paid for, and counts those that are too many to name', async () => {
		const api = new CountingApi((run) => {
			if (run.prompt === 'p24') return [402, {}];
			run.status = 'running';
			return undefined;
		});
		const workflow = goldenWorkflow('generate', {
			options: { pollInterval: 0.1, concurrency: 30 },
		});
		const { error } = await runWorkflow(workflow, { input: items(25) });
		expect(error?.message).toContain('credit');
		expect(error?.description).toContain('24 other runs are paid for or still pending');
		expect(error?.description).toContain('and 4 more');
		const paid = error?.context?.paid_runs as string[];
		expect([...paid].sort()).toEqual(api.runs.map(({ id }) => id).sort());
		expect(error?.description).toContain(paid[0] ?? 'none');
	});

	it('names runs that may be paid for by their reference', async () => {
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [] })
			.post(models)
			.reply(503, {}, { 'retry-after': '0' });
		const workflow = goldenWorkflow('generate', fast, { onError: 'continueRegularOutput' });
		const { items: out } = await runWorkflow(workflow, { input: items(1) });
		const reference = expect.stringMatching(/^n8n:/);
		expect(out[0]?.json.details).toMatchObject({ may_be_paid: true, client_ref: reference });
		expect(JSON.stringify(out[0]?.json.details)).toContain('Its client reference: n8n:');
	});

	it('names what continues when the execution is stopped', async () => {
		let stop = () => {};
		const api = new CountingApi((run) => {
			run.status = 'running';
			if (run.prompt === 'p1') setTimeout(() => stop(), 300);
		});
		const { error, run } = await runWorkflow(goldenWorkflow('generate', fast), {
			input: items(2),
			onStart: (cancel) => (stop = cancel),
		});
		expect(run.status).toBe('canceled');
		for (const { id } of api.runs) expect(error?.description).toContain(id);
		expect(error?.description).toContain('no way to cancel a run');
		expect(error?.context?.paid_runs).toEqual(api.runs.map(({ id }) => id));
	});

	it('is the first real cause, not what the stop makes of the others', async () => {
		nock(/amazonaws/)
			.persist()
			.get(/.*/)
			.reply(503);
		nock(apiUrl)
			.persist()
			.get(path)
			.reply(200, succeededRun)
			.post(models, /p0/)
			.reply(201, succeededRun)
			.post(models, /p1/)
			.delay(200)
			.reply(422, { detail: 'not today' });
		const { error } = await runWorkflow(goldenWorkflow('generate', fast), { input: items(2) });
		expect(error?.message).toBe('Runflow refused a value');
		expect(error?.context).toMatchObject({ itemIndex: 1, paid_runs: [runId] });
	});
});

describe('sync mode', () => {
	it('keeps each image as soon as it is stored, and a second try stores only the rest', async () => {
		breakStore(2);
		const keys: string[] = [];
		const api = nock(apiUrl)
			.post(models)
			.times(2)
			.reply(function () {
				keys.push(String(this.req.headers['idempotency-key']));
				return [201, inline('first', 'second')];
			})
			.get(path)
			.reply(200, emptied);
		const workflow = goldenWorkflow('generate', { syncMode: true, numImages: 2 }, twice);
		const { items: out, error } = await runWorkflow(workflow, { input: items(1) });
		expect(error).toBeUndefined();
		expect((await bytesOf(out[0])).toString()).toBe('first');
		expect((await bytesOf(out[1])).toString()).toBe('second');
		expect(new Set(keys).size).toBe(1);
		expect(api.isDone()).toBe(true);
	});

	it('delivers what there is and names what is lost', async () => {
		breakStore(1);
		nock(apiUrl)
			.post(models)
			.reply(201, inline('first', 'second'))
			.post(models)
			.reply(409, { code: 'CONFLICT' })
			.get(path)
			.reply(200, emptied);
		const workflow = goldenWorkflow('generate', { syncMode: true, numImages: 2 }, twice);
		const { items: out, error, hints } = await runWorkflow(workflow, { input: items(1) });
		expect(error).toBeUndefined();
		expect(out).toHaveLength(1);
		expect((await bytesOf(out[0])).toString()).toBe('second');
		expect(hints.join()).toContain(`1 image of run ${runId} could not be stored and is lost`);
	});

	it('delivers what could be stored when the node continues on errors', async () => {
		breakStore(2);
		nock(apiUrl).post(models).reply(201, inline('first', 'second'));
		const { items: out, hints } = await runWorkflow(
			goldenWorkflow(
				'generate',
				{ syncMode: true, numImages: 2 },
				{ onError: 'continueRegularOutput' },
			),
			{ input: items(1) },
		);
		expect(out).toHaveLength(1);
		expect((await bytesOf(out[0])).toString()).toBe('first');
		expect(hints.join()).toContain('is lost');
	});

	it('asks for the image again with the same key when the answer to the create got lost', async () => {
		const keys: string[] = [];
		const note = function (this: nock.ReplyFnContext) {
			keys.push(String(this.req.headers['idempotency-key']));
		};
		const api = nock(apiUrl)
			.post(models)
			.reply(function (_uri, _body, respond) {
				note.call(this);
				respond(Object.assign(new Error('late'), { code: 'ECONNABORTED' }), [0, '']);
			})
			.get('/v1/runs')
			.query(true)
			.reply(function (uri) {
				const filter = new URL(uri, apiUrl).searchParams.get('q') ?? '';
				return [200, { items: [{ ...emptied, client_ref: /'(.*?)'/.exec(filter)?.[1] }] }];
			})
			.get(path)
			.reply(200, emptied)
			.post(models)
			.reply(function () {
				note.call(this);
				return [201, inline('only copy')];
			});
		const { items: out, error } = await runWorkflow(
			goldenWorkflow('generate', { syncMode: true }),
			{ input: items(1) },
		);
		expect(error).toBeUndefined();
		expect((await bytesOf(out[0])).toString()).toBe('only copy');
		expect(new Set(keys).size).toBe(1);
		expect(api.isDone()).toBe(true);
	});

	it('says plainly that an image is lost', async () => {
		const api = nock(apiUrl).post(models).times(2).reply(201, emptied);
		const { error } = await runWorkflow(goldenWorkflow('generate', { syncMode: true }), {
			input: items(1),
		});
		expect(error?.message).toBe(`Run ${runId} succeeded but delivered no image`);
		expect(error?.description).toContain('Its images are lost');
		expect(api.isDone()).toBe(true);
	});
});

describe('a run that is gone for good', () => {
	it('does not keep the others from finishing, is named, and lets them out on Retry', async () => {
		const api = new CountingApi((run, tries) => {
			if (run.prompt === 'p2' && tries === 1) return [402, {}];
			run.status = 'running';
			return undefined;
		});
		const parameters = { options: { pollInterval: 0.1, timeout: 20 } };
		const first = await runWorkflow(goldenWorkflow('generate', parameters), { input: items(3) });
		expect(first.error?.message).toContain('credit');
		const [lost] = api.runs;
		const gone = { ...lost };
		if (lost) lost.id = runId;
		setTimeout(() => api.runs.forEach((run) => (run.status = 'succeeded')), 300);

		const second = await retry(first.run, parameters);
		expect(second.error?.message).toBe(`Run ${gone?.id} was not found`);
		expect(second.error?.description).toContain("choose 'Continue' as 'On Error'");
		expect(second.error?.description).not.toContain('start a new execution');
		expect(api.runs.map(({ prompt }) => prompt)).toEqual(['p0', 'p1', 'p2']);
		expect(second.error?.context?.paid_runs).toEqual(api.runs.slice(1).map(({ id }) => id));

		for (const run of api.runs) run.status = 'succeeded';
		const third = await retry(second.run, parameters, { onError: 'continueRegularOutput' }, '233');
		expect(third.items.map(({ json }) => json.prompt ?? json.error)).toEqual([
			`Run ${gone?.id} was not found`,
			'p1',
			'p2',
		]);
		expect(api.runs).toHaveLength(3);
	});
});

describe('what fails for the whole node, when it continues on errors', () => {
	it.each([
		[
			'an option that is wrong',
			{ options: { concurrency: '={{ $json.prompt }}' } },
			"'Concurrency' ",
		],
		['an expression that fails', { options: { concurrency: '={{ $("No such node").item }}' } }, ''],
		['too many images', { options: { maxImages: 1 } }, "'Max Images' allows 1"],
	])('is a row for each item: %s', async (_what, parameters, message) => {
		const api = new CountingApi();
		const workflow = goldenWorkflow('generate', parameters, { onError: 'continueErrorOutput' });
		const { items: out, errorItems, error } = await runWorkflow(workflow, { input: items(2) });
		expect(error).toBeUndefined();
		expect(out).toEqual([]);
		expect(errorItems).toHaveLength(2);
		for (const [item, { json, pairedItem }] of errorItems.entries()) {
			expect(json.error).toContain(message);
			expect(json.details).toMatchObject({ run_id: null });
			expect(pairedItem).toEqual({ item });
		}
		expect(api.runs).toHaveLength(0);
	});
});

describe("n8n's resume token", () => {
	const signed =
		'https://n8n.example.com/webhook-waiting/231/5a7c1b1e-6a1f-4d9c-9c3e-1f0a5f1a0002?signature=secret';

	it("stays out of Runflow's own record of the run", async () => {
		const run = { ...queuedRun, callback_url: signed, links: { next: [signed] } };
		nock(apiUrl).post(models).reply(201, run);
		const parameters = { completion: 'none', options: { includeRun: true } };
		const { items: out } = await runWorkflow(goldenWorkflow('generate', parameters), {
			input: items(1),
		});
		expect(JSON.stringify(out[0]?.json.run)).toContain('/webhook-waiting/231/');
		expect(JSON.stringify(out)).not.toContain('secret');
	});

	it('stays out of the deliveries of a callback', async () => {
		nock(apiUrl)
			.get(`${path}/callback`)
			.reply(200, [{ url: signed, request: { url: signed }, status_code: 200 }]);
		const { items: out } = await runWorkflow(
			goldenWorkflow('generate', { resource: 'run', operation: 'getCallbackDeliveries', runId }),
			{ input: [{ json: {} }] },
		);
		expect(out[0]?.json).toMatchObject({ run_id: runId, status_code: 200 });
		expect(JSON.stringify(out)).not.toContain('secret');
	});
});
