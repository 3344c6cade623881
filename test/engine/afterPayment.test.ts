import nock from 'nock';

import { runId, succeededRun } from '../fixtures/answers';
import { CountingApi } from './api';
import { breakStore } from './binaryStore';
import { apiUrl, bytesOf, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(30_000);

const models = '/v1/models/openai/gpt-image-2/runs';
const path = `/v1/runs/${runId}`;
const items = (count: number) =>
	Array.from({ length: count }, (_, number) => ({ json: { prompt: `p${number}` } }));
const fast = { options: { pollInterval: 0.1 } };

afterEach(() => jest.restoreAllMocks());

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
		expect(error?.message).toBe('Picture 2 of 2 ("p1") was not made: Runflow refused a value');
		expect(error?.context).toMatchObject({ paid_runs: [runId] });
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
