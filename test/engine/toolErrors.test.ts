import type { INodeParameters } from 'n8n-workflow';
import nock from 'nock';

import { runId, succeededRun } from '../fixtures/answers';
import { CountingApi } from './api';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(30_000);

const models = '/v1/models/openai/gpt-image-2/runs';
const asTool = { type: 'n8n-nodes-runflow.gptImage2Tool' };
const input = [{ json: { prompt: 'p0' } }];
const quick = { options: { pollInterval: 0.1, timeout: 0.3 } };

/** A workflow that calls the tool several times in one execution, each time in a new run index. */
function calling(times: number, parameters: INodeParameters = quick) {
	const workflow = goldenWorkflow('generate', parameters, asTool);
	const call = { node: 'GPT Image 2', type: 'main' as const, index: 0 };
	const calls = Array.from({ length: times }, () => call);
	return { ...workflow, connections: { Start: { main: [calls] } } };
}

const answersOf = (run: Awaited<ReturnType<typeof runWorkflow>>['run']) =>
	(run.data.resultData.runData['GPT Image 2'] ?? []).map(
		({ data }) => data?.main?.[0]?.[0]?.json ?? {},
	);

describe('what the model of an agent is told', () => {
	it('at the deadline is not to call again, and how to get the image', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		const { items, error } = await runWorkflow(calling(1), { input });
		expect(error).toBeUndefined();
		const said = String(items[0]?.json.error);
		expect(said).toContain('Do not call this tool again for the same image');
		expect(said).toContain(`The run continues and is paid for: read run ${api.runs[0]?.id} later`);
		expect(said).not.toContain('Retry this execution');
	});

	it('about an unclear create is not to call again, and the reference', async () => {
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [] })
			.post(models)
			.reply(503, {}, { 'retry-after': '0' });
		const { items } = await runWorkflow(calling(1), { input });
		const said = String(items[0]?.json.error);
		expect(said).toContain('Do not call this tool again for the same image');
		expect(said).toMatch(/client reference n8n:\S+/);
		expect(said).not.toContain('Retry this execution');
	});

	it.each([
		['an unknown run', 404, {}, `Run ${runId} was not found. Check that`],
		['an image that a run does not have', 200, { imageNumber: 2 }, "'Image Number' is 2, and run"],
	])(
		'about %s is what is wrong, since reading costs nothing',
		async (_name, status, options, words) => {
			nock(apiUrl).get(`/v1/runs/${runId}`).reply(status, succeededRun);
			const parameters = { resource: 'run', operation: 'get', runId, options };
			const { items } = await runWorkflow(goldenWorkflow('generate', parameters, asTool), {
				input,
			});
			expect(items[0]?.json.error).toContain(words);
			expect(items[0]?.json.error).not.toContain('paid for');
		},
	);

	it('is a sentence also where the node continues on errors', async () => {
		nock(apiUrl).post(models).reply(402, {});
		const workflow = goldenWorkflow(
			'generate',
			{},
			{ ...asTool, onError: 'continueRegularOutput' },
		);
		const { items } = await runWorkflow(workflow, { input });
		expect(Object.keys(items[0]?.json ?? {})).toEqual(['error']);
		expect(items[0]?.json.error).toContain('Top up the account');
	});
});

describe('the same request of an agent in one execution', () => {
	it('continues the run that is pending', async () => {
		const api = new CountingApi((run) => void (run.status = 'running'));
		setTimeout(() => api.runs.forEach((run) => (run.status = 'succeeded')), 500);
		const { run } = await runWorkflow(calling(2), { input });
		const [first, second] = answersOf(run);
		expect(first?.error).toContain('Do not call this tool again');
		expect(second).toMatchObject({ run_id: api.runs[0]?.id, status: 'succeeded' });
		expect(api.runs).toHaveLength(1);
	});

	it('gets the image that is already there', async () => {
		const api = new CountingApi();
		const { run } = await runWorkflow(calling(3), { input });
		expect(answersOf(run).map(({ run_id }) => run_id)).toEqual(Array(3).fill(api.runs[0]?.id));
		expect(api.runs).toHaveLength(1);
	});

	it('is made again only where its run failed', async () => {
		const api = new CountingApi((run, tries) => {
			if (tries === 1) run.status = 'failed';
		});
		const { run } = await runWorkflow(calling(3), { input });
		const [first, second, third] = answersOf(run);
		expect(first?.error).toContain('failed');
		expect(second).toMatchObject({ status: 'succeeded' });
		expect(third).toMatchObject({ status: 'succeeded', run_id: second?.run_id });
		expect(api.runs).toHaveLength(2);
		expect(new Set(api.runs.map(({ clientRef }) => clientRef)).size).toBe(2);
	});

	it('is another run where the node is no tool, as in a loop', async () => {
		const api = new CountingApi();
		const workflow = goldenWorkflow('generate', quick);
		const call = { node: 'GPT Image 2', type: 'main' as const, index: 0 };
		await runWorkflow({ ...workflow, connections: { Start: { main: [[call, call]] } } }, { input });
		expect(api.runs).toHaveLength(2);
	});
});
