import type { Execution } from '../../scripts/n8n/client';
import type { RunningProcess } from '../../scripts/n8n/queue';
import { drawing, expectSuccess, itemsOf, until } from '../e2e/support';
import { FaultBook } from './faultBook';
import {
	executionsStartedByWebhook,
	newestExecution,
	prompts,
	startCluster,
	startedByWebhook,
	type Cluster,
} from './support';

jest.setTimeout(300_000);

/** Jobs of a worker that died are found within seconds, where n8n's defaults take minutes and hours. */
const noticeDeadWorkers = {
	QUEUE_WORKER_LOCK_DURATION: '10000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '3000',
	QUEUE_WORKER_STALLED_INTERVAL: '4000',
};
const recoverOften = { N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '0.1' };

let cluster: Cluster;
const book = new FaultBook();

beforeAll(async () => {
	cluster = await startCluster({ webhooks: 2, env: noticeDeadWorkers });
});

beforeEach(() => cluster.calm());

afterAll(async () => {
	await cluster.stop();
	book.print();
});

/** Writes down what a fault did to so many wanted images, and expects that nothing was lost or paid twice. */
function expectWhole(fault: string, images: number, wanted: number): void {
	const row = book.enter({ fault, wanted, images, runs: cluster.simulator.runs.length });
	expect(row).toMatchObject({ lost: 0, paidTwice: 0 });
}

const picturesIn = (items: ReturnType<typeof itemsOf>) =>
	items.filter(({ binary }) => binary?.data).length;

/**
 * Retries as a user does: again where n8n itself still has no connection to its database. A process of
 * n8n whose connections were cut may say so for 20 seconds after PostgreSQL is back.
 */
async function retriedWithDatabase(id: string): Promise<Execution> {
	const hasNoDatabase = ({ data }: Execution) =>
		data.resultData.error?.message === 'timeout exceeded when trying to connect';
	let execution = await cluster.client.retry(id);
	for (let retries = 1; retries < 4 && hasNoDatabase(execution); retries++) {
		execution = await cluster.client.retry(id);
	}
	return execution;
}

/**
 * Whether n8n has overwritten an execution with an empty one, so that its Retry ran nothing: its main does so
 * where it hears that a job has failed, and the database is back by then.
 */
const isEmptied = ({ data }: Execution) => Object.keys(data.resultData.runData).length === 0;

/** What 'Reuse Earlier Runs' takes up for as many items with the first prompt. */
async function reused(count: number): Promise<ReturnType<typeof itemsOf>> {
	const { client, credentialId } = cluster;
	const items = Array.from({ length: count }, () => ({ prompt: 'picture number 0.' }));
	const workflow = drawing(items, { options: { reuse: 1 } });
	const workflowId = await client.createWorkflow(workflow, credentialId);
	const execution = await client.executeToEnd(workflowId);
	expectSuccess(execution);
	return itemsOf(execution);
}

/** Starts a published workflow of six prompts by its webhook, and waits until its six runs exist. */
async function polling(path: string): Promise<{ workflowId: string; id: string }> {
	const { client, credentialId, queue, simulator } = cluster;
	const before = simulator.runs.length;
	const workflow = startedByWebhook(prompts(6), path);
	const workflowId = await client.createWorkflow(workflow, credentialId);
	await client.activate(workflowId);
	const answer = await fetch(`${queue.url}/webhook/${path}`, { method: 'POST' });
	expect(answer.status).toBe(200);
	await until(() => simulator.runs.length === before + 6);
	const id = (await newestExecution(client, workflowId)) ?? '';
	expect(await client.statusOf(id)).toBe('running');
	return { workflowId, id };
}

function workerOf(id: string): RunningProcess {
	const worker = cluster.queue.workers.find(({ log }) =>
		log().includes(`started execution ${id} `),
	);
	if (!worker) throw new Error(`no worker started execution ${id}`);
	return worker;
}

describe('in queue mode, while executions are suspended', () => {
	it('callbacks resume them through the webhook processes when the main is dead', async () => {
		const { client, queue, simulator } = cluster;
		simulator.settings.runTime = 12_000;
		const ids = await cluster.suspended(4);
		await queue.mains[0]?.kill('SIGKILL');
		const done = () => queue.workers.map(({ log }) => log()).join();
		await until(() => ids.every((id) => done().includes(`Worker finished execution ${id} `)));
		await until(() => simulator.deliveries.length === 4);
		await queue.boot();
		const statuses = await Promise.all(ids.map(async (id) => await client.statusOf(id)));
		expect(statuses).toEqual(Array(4).fill('success'));
		const items = await cluster.itemsOfAll(ids);
		expectWhole('Main killed while 4 executions are suspended', picturesIn(items), 4);
	});

	it.each(['a webhook process', 'main and all webhook processes'])(
		'they resume with their images when %s died in the middle of downloading them',
		async (victim) => {
			const { queue, simulator } = cluster;
			simulator.settings.runTime = 8_000;
			simulator.misbehave({ do: 'slow-file', milliseconds: 6_000, times: 4 });
			const ids = await cluster.suspended(4);
			await until(() => (simulator.requests['GET /files/:id/:index/:name'] ?? 0) === 4);
			const victims =
				victim === 'a webhook process'
					? queue.webhooks.slice(0, 1)
					: [...queue.webhooks, ...queue.mains];
			await Promise.all(victims.map(async ({ kill }) => await kill('SIGKILL')));
			await queue.boot();
			const items = await cluster.itemsOfAll(ids);
			expectWhole(`Killed while 4 resumes download: ${victim}`, picturesIn(items), 4);
		},
	);

	it('callbacks three times to two webhook processes at once resume each of them once', async () => {
		const { client, simulator } = cluster;
		simulator.settings.runTime = 10_000;
		simulator.misbehave({ do: 'repeat-callback', times: 6 });
		const ids = await cluster.suspended(6);
		const items = await cluster.itemsOfAll(ids);
		await until(() => simulator.deliveries.length === 18);
		expect(items).toHaveLength(6);
		const executions = await Promise.all(ids.map(async (id) => await client.execution(id)));
		const runs = executions.map(({ data }) => data.resultData.runData['GPT Image 2']?.length);
		expect(runs).toEqual(Array(6).fill(1));
		expectWhole('Each callback 3 times to 2 webhook processes', picturesIn(items), 6);
	});
});

describe.each(['redis', 'postgres'] as const)('in queue mode, when %s is restarted', (service) => {
	it('an execution goes on polling, and ends with its images', async () => {
		const { client, queue, simulator } = cluster;
		simulator.settings.runTime = 10_000;
		const { id } = await polling(`six-${service}`);
		await queue.restart(service, 2000);
		const execution = await client.finished(id);
		expectSuccess(execution);
		expectWhole(`${service} restarted while polling`, picturesIn(itemsOf(execution)), 6);
	});

	it('executions that are suspended or resuming end with their images', async () => {
		const { queue, simulator } = cluster;
		simulator.settings.runTime = 12_000;
		const ids = await cluster.suspended(4);
		await queue.restart(service, 1000);
		await until(() => simulator.runs.some(({ endsAt }) => endsAt < Date.now() + 1000));
		await queue.restart(service, 3000);
		const items = await cluster.itemsOfAll(ids);
		expectWhole(
			`${service} restarted twice: while suspended, and while resuming`,
			picturesIn(items),
			4,
		);
	});

	it('executions that are just being suspended end with their images, those that n8n lost by Retry or Reuse', async () => {
		const { client, credentialId, queue, simulator } = cluster;
		simulator.settings.runTime = 8_000;
		const path = `suspending-${service}`;
		const workflow = prompts(1, { parameters: { completion: 'suspend' } });
		const workflowId = await client.createWorkflow(startedByWebhook(workflow, path), credentialId);
		await client.activate(workflowId);
		const start = async () => await fetch(`${queue.url}/webhook/${path}`, { method: 'POST' });
		await Promise.all(Array.from({ length: 4 }, start));
		await until(() => simulator.runs.length > 0);
		await queue.restart(service, 1000);
		if (service === 'postgres') {
			// n8n could save nothing meanwhile, and looks for such executions when its main starts.
			await queue.mains[0]?.kill('SIGKILL');
			await queue.boot(recoverOften);
		}
		const ids = await executionsStartedByWebhook(client, workflowId);
		expect(ids).toHaveLength(4);
		const executions = await Promise.all(
			ids.map(async (id) => {
				const execution = await client.finished(id, 60_000);
				return execution.status === 'success' ? execution : await retriedWithDatabase(id);
			}),
		);
		executions.forEach(expectSuccess);
		const kept = executions
			.filter((execution) => !isEmptied(execution))
			.flatMap((execution) => itemsOf(execution));
		// A picture that could not be stored, because the database was away, is a row that says so.
		const unsaid = kept.filter(({ binary, json }) => !binary?.data && !json.failure);
		expect(unsaid.map(({ json }) => json)).toEqual([]);
		const items = picturesIn(kept) < 4 ? [...kept, ...(await reused(4))] : kept;
		const pictured = items.filter(({ binary }) => binary?.data).map(({ json }) => json.run_id);
		const images = new Set(pictured).size;
		expectWhole(`${service} restarted while 4 executions are being suspended`, images, 4);
	});
});

describe('in queue mode, when all n8n processes are killed at once', () => {
	it('Retry pays for nothing again, and suspended executions wake with their images', async () => {
		const { client, queue, simulator } = cluster;
		simulator.settings.runTime = 20_000;
		simulator.misbehave({ do: 'omit-callback', times: 4 });
		const suspended = await cluster.suspended(4, { parameters: { options: { timeout: 100 } } });
		const { id } = await polling('six-crashed');
		await queue.shutDown('SIGKILL');
		await until(() => simulator.runs.every(({ endsAt }) => endsAt < Date.now()));
		await queue.boot(recoverOften);

		await until(async () => (await client.statusOf(id)) !== 'running');
		expect(await client.statusOf(id)).toBe('crashed');
		const retried = await client.retry(id);
		expectSuccess(retried);
		const woken = await cluster.itemsOfAll(suspended);
		expect(woken.filter(({ json }) => json.timed_out === true)).toEqual([]);
		const images = picturesIn([...itemsOf(retried), ...woken]);
		expectWhole('All killed, 1 execution polling 6 runs and 4 suspended, then Retry', images, 10);
	});
});

describe('in queue mode, an execution whose worker was killed while it polled', () => {
	it('has nothing left to retry where the main lives on, and a new one reuses what it paid for', async () => {
		const { client, credentialId, queue, simulator } = cluster;
		simulator.settings.runTime = 20_000;
		const one = await polling('six-first-worker');
		await workerOf(one.id).kill('SIGKILL');
		const two = await polling('six-second-worker');
		await workerOf(two.id).kill('SIGKILL');
		expect(queue.workers).toHaveLength(0);
		await queue.boot();
		const ids = [one.id, two.id];
		await Promise.all(ids.map(async (id) => await client.finished(id, 100_000)));
		const isOver = async (id: string) => (await client.statusOf(id)) === 'error';
		await until(async () => (await Promise.all(ids.map(isOver))).every(Boolean));
		// n8n overwrites the execution's data with an empty one.
		const failed = await Promise.all(ids.map(async (id) => await client.execution(id)));
		expect(failed.map(({ data }) => data.executionData?.nodeExecutionStack)).toEqual([[], []]);

		const retried = await client.retry(one.id);
		expect(retried.data.resultData.runData).toEqual({});
		expect(simulator.runs).toHaveLength(12);

		const reusing = prompts(6, { parameters: { options: { reuse: 1 } } });
		const workflowId = await client.createWorkflow(reusing, credentialId);
		const again = [await client.executeToEnd(workflowId), await client.executeToEnd(workflowId)];
		again.forEach(expectSuccess);
		const items = again.flatMap((execution) => itemsOf(execution));
		expectWhole(
			"Both workers killed while polling, then 'Reuse Earlier Runs'",
			picturesIn(items),
			12,
		);
	});
});
