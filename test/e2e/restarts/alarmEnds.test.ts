import { setTimeout as sleep } from 'node:timers/promises';

import { startN8n, type RunningN8n } from '../../../scripts/n8n/process';
import { startSimulator, type Simulator } from '../../../simulator/simulator';
import { credentialFor } from '../support';
import { startSuspended, waiting } from './suspended';

jest.setTimeout(300_000);

let simulator: Simulator;
let n8n: RunningN8n;
let credentialId: string;

beforeAll(async () => {
	simulator = await startSimulator({ runTime: 8_000 });
	n8n = await startN8n({ tarball: process.env.E2E_TARBALL });
	credentialId = await credentialFor(n8n.client, simulator);
});

beforeEach(() => {
	simulator.runs.length = 0;
});

afterAll(async () => {
	await n8n.stop();
	await simulator.close();
});

describe('the alarm of a suspended execution', () => {
	it('ends with an execution that was stopped, which stays stopped whatever calls it', async () => {
		const id = await startSuspended(n8n.client, credentialId, 'a picture nobody waits for');
		expect(await waiting(n8n.client)).toHaveLength(2);
		await n8n.client.stop(id);
		const [run] = simulator.runs;
		const call = async () =>
			(await fetch(run?.request.callback_url ?? '', { method: 'POST', body: '{}' })).status;
		expect(await call()).toBe(409);
		await sleep(10_000);
		expect(await call()).toBe(409);
		expect(await n8n.client.statusOf(id)).toBe('canceled');
		const deadline = Date.now() + 100_000;
		while ((await waiting(n8n.client)).length > 0 && Date.now() < deadline) await sleep(1_000);
		expect(await waiting(n8n.client)).toEqual([]);
		expect(await n8n.client.statusOf(id)).toBe('canceled');
	});

	it('ends with an execution that was deleted, which stays deleted', async () => {
		const id = await startSuspended(
			n8n.client,
			credentialId,
			'a picture whose execution is deleted',
		);
		await n8n.client.send('POST', '/rest/executions/delete', { ids: [id] });
		const [run] = simulator.runs;
		const answer = await fetch(run?.request.callback_url ?? '', { method: 'POST', body: '{}' });
		expect(answer.status).toBe(404);
		const deadline = Date.now() + 100_000;
		while ((await waiting(n8n.client)).length > 0 && Date.now() < deadline) await sleep(1_000);
		expect(await waiting(n8n.client)).toEqual([]);
		await expect(n8n.client.execution(id)).rejects.toThrow();
	});
});
