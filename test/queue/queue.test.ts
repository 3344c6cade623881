import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

import sharp from 'sharp';

import { packPackage } from '../../scripts/n8n/package';
import { startQueue, type RunningQueue } from '../../scripts/n8n/queue';
import { sign } from '../../runflow/signature';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import {
	credentialFor,
	downloadBinary,
	expectSuccess,
	goldenWorkflow,
	itemsOf,
	until,
	type NodeChange,
} from '../e2e/support';
import { callbackBody } from '../fixtures/callbacks';
import { newestExecution, prompts, startedByWebhook, statusOf } from './support';

jest.setTimeout(300_000);

const secret = 'whsec_queue_secret';

/** Jobs of a worker that died are found within seconds, where n8n's defaults take minutes and hours. */
const noticeDeadWorkers = {
	QUEUE_WORKER_LOCK_DURATION: '10000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '3000',
	QUEUE_WORKER_STALLED_INTERVAL: '4000',
};
const recoverOften = { N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '0.1' };

let tarball = '';
let queue: RunningQueue | undefined;
let simulator: Simulator | undefined;
let credentialId: string;

/** One n8n for all tests of this file, each of which leaves a main and two workers running. */
function running() {
	if (!queue || !simulator) throw new Error('n8n did not start');
	return { queue, simulator, client: queue.client };
}

beforeAll(async () => {
	tarball = packPackage();
	queue = await startQueue({ tarball, env: noticeDeadWorkers });
	simulator = await startSimulator();
	credentialId = await credentialFor(queue.client, simulator, secret);
});

beforeEach(() => {
	const { simulator } = running();
	simulator.behave();
	simulator.runs.length = 0;
	simulator.deliveries.length = 0;
	Object.assign(simulator.settings, { runTime: 1000, signingSecret: null });
});

afterAll(async () => {
	await queue?.stop();
	await simulator?.close();
	if (tarball) rmSync(dirname(tarball), { recursive: true });
});

/** Suspends that many executions with one run each, and waits until n8n has saved them all. */
async function suspended(count: number, change: NodeChange): Promise<string[]> {
	const { client } = running();
	const parameters = { completion: 'suspend', ...change.parameters };
	const workflow = prompts(1, { ...change, parameters });
	const workflowId = await client.createWorkflow(workflow, credentialId);
	const ids = await Promise.all(
		Array.from({ length: count }, async () => await client.execute(workflowId, 'Start')),
	);
	await until(async () => {
		const statuses = await Promise.all(ids.map(async (id) => await statusOf(client, id)));
		return statuses.every((status) => status === 'waiting');
	});
	return ids;
}

/** What came out of each of the executions, which all have to succeed. */
async function itemsOfAll(ids: string[]) {
	const { client } = running();
	const executions = await Promise.all(ids.map(async (id) => await client.finished(id, 240_000)));
	executions.forEach(expectSuccess);
	return executions.flatMap((execution) => itemsOf(execution));
}

describe('the nodes in queue mode', () => {
	it('poll on a worker, and put 3 items out with their images', async () => {
		const { client, queue } = running();
		const execution = await client.executeToEnd(
			await client.createWorkflow(prompts(3), credentialId),
		);
		expectSuccess(execution);
		const items = itemsOf(execution);
		expect(items.map(({ json }) => json.prompt)).toEqual(
			[0, 1, 2].map((number) => `picture number ${number}.`),
		);
		const image = await downloadBinary(client, items[2]);
		expect(await sharp(image).metadata()).toMatchObject({ format: 'png', width: 1280 });
		const onWorkers = queue.workers.map(({ log }) => log()).join();
		expect(onWorkers).toContain(`Worker finished execution ${execution.id}`);
	});

	it('resume 5 suspended executions with their images by callbacks', async () => {
		const { simulator } = running();
		simulator.settings.runTime = 10_000;
		const items = await itemsOfAll(await suspended(5, {}));
		expect(items.filter(({ binary }) => binary?.data)).toHaveLength(5);
		expect(simulator.runs).toHaveLength(5);
		expect(
			simulator.deliveries.map(({ attempts }) => attempts.map(({ status }) => status)),
		).toEqual(Array(5).fill([200]));
	});

	it('start a workflow on a worker by a signed callback', async () => {
		const { client, queue } = running();
		const path = 'c7a5a1de-2222-4a4a-8a8a-0000000000ff';
		const workflowId = await client.createWorkflow(goldenWorkflow('trigger'), credentialId);
		await client.activate(workflowId);
		const body = callbackBody();
		const deliver = async (signature: string) =>
			(
				await fetch(`${queue.url}/webhook/${path}/runflow`, {
					method: 'POST',
					headers: { 'content-type': 'application/json', 'runflow-signature': signature },
					body,
				})
			).status;
		expect(await deliver(sign('another secret', Buffer.from(body)))).toBe(401);
		expect(await deliver(sign(secret, Buffer.from(body)))).toBe(200);
		await until(async () => (await newestExecution(client, workflowId)) !== null);

		const id = (await newestExecution(client, workflowId)) ?? '';
		const execution = await client.finished(id);
		expectSuccess(execution);
		expect(itemsOf(execution, 'Done')[0]?.json).toMatchObject({
			event: 'run.completed',
			status: 'succeeded',
		});
		const onWorkers = queue.workers.map(({ log }) => log()).join();
		expect(onWorkers).toContain(`Worker finished execution ${id}`);
	});

	it('wake 4 suspended executions with their images after everything was down while their runs ended', async () => {
		const { queue, simulator } = running();
		simulator.settings.runTime = 20_000;
		simulator.misbehave({ do: 'omit-callback', times: 4 });
		const ids = await suspended(4, { parameters: { options: { timeout: 100 } } });
		await queue.shutDown();
		await until(() => simulator.runs.every(({ endsAt }) => endsAt < Date.now()));
		await queue.boot();

		const items = await itemsOfAll(ids);
		const outcomes = items.map(({ json, binary }) => ({
			timedOut: json.timed_out === true,
			image: binary?.data !== undefined,
		}));
		expect(outcomes).toEqual(Array(4).fill({ timedOut: false, image: true }));
		expect(simulator.runs.length).toBe(4);
	});

	it('pay for nothing again when a crashed execution is retried', async () => {
		const { client, queue, simulator } = running();
		simulator.settings.runTime = 30_000;
		const workflow = startedByWebhook(prompts(6), 'six-pictures');
		const workflowId = await client.createWorkflow(workflow, credentialId);
		await client.activate(workflowId);
		expect((await fetch(`${queue.url}/webhook/six-pictures`, { method: 'POST' })).status).toBe(200);
		await until(() => simulator.runs.length === 6);
		const crashedId = (await newestExecution(client, workflowId)) ?? '';
		expect(await statusOf(client, crashedId)).toBe('running');
		await Promise.all([...queue.workers].map(async ({ kill }) => await kill('SIGKILL')));
		// A main that outlives its workers ends the execution with 'error' and nothing left to retry.
		await queue.shutDown('SIGKILL');

		await queue.boot(recoverOften);
		await until(async () => (await statusOf(client, crashedId)) !== 'running');
		expect(await statusOf(client, crashedId)).toBe('crashed');

		const retried = await client.retry(crashedId);
		expectSuccess(retried);
		expect(itemsOf(retried).filter(({ binary }) => binary?.data)).toHaveLength(6);
		expect(simulator.runs.length).toBe(6);
	});
});
