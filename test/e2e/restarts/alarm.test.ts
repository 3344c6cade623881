import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nClient } from '../../../scripts/n8n/client';
import { startN8n, type RunningN8n } from '../../../scripts/n8n/process';
import { startSimulator, type Simulator } from '../../../simulator/simulator';
import { credentialFor, itemsOf, until, type NodeChange } from '../support';
import { startSuspended, waiting } from './suspended';

jest.setTimeout(300_000);

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

const start = async (prompt: string, change?: NodeChange) =>
	await startSuspended(client, credentialId, prompt, change);

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
		await until(async () => (await waiting(client)).length === 0);
	});

	it('rings although its time came while n8n was down, and n8n rings before it can be called', async () => {
		const parameters = { completion: 'suspend', options: { timeout: 200 } };
		const id = await start('a picture whose alarm is overdue', { parameters });
		await restart(155_000);
		const execution = await client.finished(id);
		const [item] = itemsOf(execution);
		expect([item?.json.status, item?.json.timed_out]).toEqual(['succeeded', false]);
		expect(item?.binary?.data).toBeDefined();
		await until(async () => (await waiting(client)).length === 0);
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
