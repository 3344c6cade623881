import type { RunningProcess } from '../../scripts/n8n/queue';
import { expectSuccess, itemsOf, until } from '../e2e/support';
import { picturesIn, recoverOften, startFaultyCluster, type FaultyCluster } from './faultyCluster';
import { prompts } from './support';

jest.setTimeout(300_000);

let cluster: FaultyCluster;

beforeAll(async () => {
	cluster = await startFaultyCluster('killed');
});

beforeEach(() => cluster.calm());

afterAll(async () => await cluster.stop());

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
		cluster.expectWhole('Main killed while 4 executions are suspended', picturesIn(items), 4);
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
			cluster.expectWhole(`Killed while 4 resumes download: ${victim}`, picturesIn(items), 4);
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
		cluster.expectWhole('Each callback 3 times to 2 webhook processes', picturesIn(items), 6);
	});
});

describe('in queue mode, when all n8n processes are killed at once', () => {
	it('Retry pays for nothing again, and suspended executions wake with their images', async () => {
		const { client, queue, simulator } = cluster;
		simulator.settings.runTime = 20_000;
		simulator.misbehave({ do: 'omit-callback', times: 4 });
		const suspended = await cluster.suspended(4, { parameters: { options: { timeout: 100 } } });
		const { id } = await cluster.polling('six-crashed');
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
		cluster.expectWhole(
			'All killed, 1 execution polling 6 runs and 4 suspended, then Retry',
			images,
			10,
		);
	});
});

describe('in queue mode, an execution whose worker was killed while it polled', () => {
	it('has nothing left to retry where the main lives on, and a new one reuses what it paid for', async () => {
		const { client, credentialId, queue, simulator } = cluster;
		simulator.settings.runTime = 20_000;
		const one = await cluster.polling('six-first-worker');
		await workerOf(one.id).kill('SIGKILL');
		const two = await cluster.polling('six-second-worker');
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
		cluster.expectWhole(
			"Both workers killed while polling, then 'Reuse Earlier Runs'",
			picturesIn(items),
			12,
		);
	});
});
