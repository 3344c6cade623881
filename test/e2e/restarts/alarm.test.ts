import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nClient } from '../../../scripts/n8n/client';
import { listExecutions } from '../../../scripts/n8n/executions';
import { startN8n, type RunningN8n } from '../../../scripts/n8n/process';
import { startSimulator, type Simulator } from '../../../simulator/simulator';
import { credentialFor, goldenWorkflow, itemsOf, until, type NodeChange } from '../support';

jest.setTimeout(300_000);

/** With this timeout the alarm rings 85 seconds after the suspension, and 15 before the deadline. */
const timeout = 100;

let simulator: Simulator;
let n8n: RunningN8n;
let client: N8nClient;
let credentialId: string;

beforeAll(async () => {
	simulator = await startSimulator();
	n8n = await startN8n({ tarball: process.env.E2E_TARBALL });
	client = n8n.client;
	credentialId = await credentialFor(client, simulator);
});

beforeEach(() => {
	simulator.behave();
	simulator.runs.length = 0;
	simulator.settings.runTime = 8_000;
});

afterAll(async () => {
	await n8n.stop();
	await simulator.close();
});

/** Starts an execution of one prompt that is suspended. */
async function start(prompt: string, change: NodeChange = {}): Promise<string> {
	const parameters = { completion: 'suspend', options: { timeout }, ...change.parameters };
	const golden = goldenWorkflow('twenty-items', { ...change, parameters });
	const nodes = golden.nodes.map((node) =>
		node.name === 'Prompts'
			? { ...node, parameters: { jsCode: `return [{ json: { prompt: '${prompt}' } }];` } }
			: node,
	);
	const workflowId = await client.createWorkflow({ ...golden, nodes }, credentialId);
	const id = await client.execute(workflowId, 'Start');
	await until(async () => (await client.statusOf(id)) === 'waiting');
	return id;
}

/** The executions that still wait, alarms included. */
async function waiting(): Promise<string[]> {
	return (await listExecutions(client, { statuses: ['waiting'] })).map(({ id }) => id);
}

async function restart(downForMs: number): Promise<void> {
	await n8n.stop({ signal: 'SIGKILL', keep: true });
	await sleep(downForMs);
	const { userFolder, url } = n8n;
	n8n = await startN8n({ userFolder, port: Number(new URL(url).port) });
	client = n8n.client;
}

describe('the alarm of a suspended execution', () => {
	it('wakes four executions whose runs ended while n8n was down, and is gone then', async () => {
		simulator.misbehave({ do: 'omit-callback', times: 0 });
		const ids = await Promise.all([1, 2, 3, 4].map(async (n) => await start(`picture ${n}`)));
		await restart(14_000);
		const executions = await Promise.all(ids.map(async (id) => await client.finished(id)));
		const items = executions.flatMap((execution) => itemsOf(execution));
		expect(items.map(({ json }) => [json.status, json.timed_out])).toEqual(
			Array(4).fill(['succeeded', false]),
		);
		expect(items.filter(({ binary }) => binary?.data)).toHaveLength(4);
		expect(simulator.runs).toHaveLength(4);
		await until(async () => (await waiting()).length === 0);
	});

	it('rings although its time came while n8n was down, and n8n rings before it can be called', async () => {
		const parameters = { completion: 'suspend', options: { timeout: 200 } };
		const id = await start('a picture whose alarm is overdue', { parameters });
		await restart(155_000);
		const execution = await client.finished(id);
		const [item] = itemsOf(execution);
		expect([item?.json.status, item?.json.timed_out]).toEqual(['succeeded', false]);
		expect(item?.binary?.data).toBeDefined();
		await until(async () => (await waiting()).length === 0);
	});

	it('ends with an execution that was stopped, which stays stopped whatever calls it', async () => {
		const id = await start('a picture nobody waits for');
		expect(await waiting()).toHaveLength(2);
		await client.stop(id);
		const [run] = simulator.runs;
		const call = async () =>
			(await fetch(run?.request.callback_url ?? '', { method: 'POST', body: '{}' })).status;
		expect(await call()).toBe(409);
		await sleep(10_000);
		expect(await call()).toBe(409);
		expect(await client.statusOf(id)).toBe('canceled');
		const deadline = Date.now() + 100_000;
		while ((await waiting()).length > 0 && Date.now() < deadline) await sleep(1_000);
		expect(await waiting()).toEqual([]);
		expect(await client.statusOf(id)).toBe('canceled');
	});

	it('ends with an execution that was deleted, which stays deleted', async () => {
		const id = await start('a picture whose execution is deleted');
		await client.send('POST', '/rest/executions/delete', { ids: [id] });
		const [run] = simulator.runs;
		const answer = await fetch(run?.request.callback_url ?? '', { method: 'POST', body: '{}' });
		expect(answer.status).toBe(404);
		const deadline = Date.now() + 100_000;
		while ((await waiting()).length > 0 && Date.now() < deadline) await sleep(1_000);
		expect(await waiting()).toEqual([]);
		await expect(client.execution(id)).rejects.toThrow();
	});
});

describe('a callback that never arrives', () => {
	it('is made good by a read within a moment, while n8n stays up', async () => {
		simulator.settings.runTime = 2_000;
		simulator.misbehave({ do: 'omit-callback' });
		const id = await start('a picture without a callback');
		const execution = await client.finished(id, 60_000);
		expect(itemsOf(execution).filter(({ binary }) => binary?.data)).toHaveLength(1);
	});
});
