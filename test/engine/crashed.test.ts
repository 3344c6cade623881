import nock from 'nock';

import { queuedRun, runId, succeededRun } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const models = '/v1/models/openai/gpt-image-2/runs';
const input = [{ json: { prompt: 'a brass sign' } }];
const workflow = goldenWorkflow('generate', { options: { download: false } });

interface Sent {
	client_ref: string;
	input: Record<string, unknown>;
}

/** What the crashed execution sent: the same node and prompt, under an execution id of its own. */
async function sentByCrashed(): Promise<Sent> {
	let sent: Sent = { client_ref: '', input: {} };
	nock(apiUrl)
		.post(models, (body) => {
			sent = body as Sent;
			return true;
		})
		.reply(201, succeededRun);
	await runWorkflow(workflow, { input, executionId: '17' });
	return sent;
}

/** The runs that the API lists to a retry, and how many more it creates. */
async function retryWith(run: object): Promise<{ created: number; ids: unknown[] }> {
	let created = 0;
	nock(apiUrl)
		.get('/v1/runs')
		.query(true)
		.reply(200, { items: [run], next: null });
	nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, run);
	nock(apiUrl)
		.post(models)
		.reply(201, () => {
			created += 1;
			return { ...succeededRun, id: '01970c11-2222-7333-8444-000000000099' };
		});
	const { items } = await runWorkflow(workflow, { input, executionId: '18', mode: 'retry' });
	return { created, ids: items.map(({ json }) => json.run_id) };
}

const now = () => new Date().toISOString();

describe('the retry of an execution that crashed', () => {
	it('continues with the run that the crashed execution started', async () => {
		const sent = await sentByCrashed();
		const run = { ...succeededRun, ...sent, created_at: now() };
		expect(await retryWith(run)).toEqual({ created: 0, ids: [runId] });
	});

	it.each([
		['was made from another input', (sent: Sent) => ({ ...sent, input: { prompt: 'another' } })],
		[
			'belongs to another n8n',
			({ client_ref, input: same }: Sent) => ({
				client_ref: client_ref.replace(/^n8n:[0-9a-f]+/, 'n8n:0123456789ab'),
				input: same,
			}),
		],
		[
			'belongs to another item',
			({ client_ref, input: same }: Sent) => ({
				client_ref: client_ref.replace(/0\.0\.1$/, '0.1.1'),
				input: same,
			}),
		],
		['failed', (sent: Sent) => ({ ...sent, status_code: 'failed', output: null })],
		[
			'is older than that execution',
			(sent: Sent) => ({ ...sent, created_at: '2020-01-01T00:00:00Z' }),
		],
	])('starts a new run where the one it finds %s', async (_name, change) => {
		const sent = await sentByCrashed();
		const run = { ...succeededRun, created_at: now(), ...change(sent) };
		expect((await retryWith(run)).created).toBe(1);
	});

	it('starts a new run where the API refuses to list runs', async () => {
		nock(apiUrl).persist().get('/v1/runs').query(true).reply(403, {});
		const api = nock(apiUrl).post(models).reply(201, succeededRun);
		const { error } = await runWorkflow(workflow, { input, mode: 'retry' });
		expect(error).toBeUndefined();
		expect(api.isDone()).toBe(true);
	});
});

describe('any other execution', () => {
	it('does not look for earlier runs', async () => {
		const list = nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [queuedRun] });
		nock(apiUrl).post(models).reply(201, succeededRun);
		await runWorkflow(workflow, { input });
		expect(list.isDone()).toBe(false);
	});
});
