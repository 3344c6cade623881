import { setTimeout as sleep } from 'node:timers/promises';

import { readExample } from '../../../scripts/examples';
import type { ExportedWorkflow, N8nClient } from '../../../scripts/n8n/client';
import { listExecutions } from '../../../scripts/n8n/executions';
import { startN8n } from '../../../scripts/n8n/process';
import { startSimulator } from '../../../simulator/simulator';
import { credentialFor, goldenWorkflow, until } from '../support';

jest.setTimeout(300_000);

const secret = 'whsec_missed';
const webhookId = 'c7a5a1de-3333-4a4a-8a8a-000000000001';

const example = readExample('catch-up-after-downtime');

/** The trigger's workflow, with the URL by which Runflow calls it. */
function triggerWorkflow(): ExportedWorkflow {
	const golden = goldenWorkflow('trigger');
	const nodes = golden.nodes.map((node) =>
		node.name === 'GPT Image 2 Trigger' ? { ...node, webhookId } : node,
	);
	return { ...golden, nodes };
}

async function succeededExecutions(client: N8nClient, workflowId: string): Promise<number> {
	return (await listExecutions(client, { workflowId, statuses: ['success'] })).length;
}

describe('the example that catches up after downtime', () => {
	it('has the callbacks of runs that ended while n8n was down start their workflows', async () => {
		const simulator = await startSimulator({ runTime: 3_000, signingSecret: secret });
		const first = await startN8n({ tarball: process.env.E2E_TARBALL });
		const { userFolder, url } = first;
		const credentialId = await credentialFor(first.client, simulator, secret);
		const triggerId = await first.client.createWorkflow(triggerWorkflow(), credentialId);
		await first.client.activate(triggerId);
		await first.client.activate(await first.client.createWorkflow(example, credentialId));

		const callback_url = `${url}/webhook/${webhookId}/runflow`;
		const create = async (prompt: string) =>
			await fetch(`${simulator.url}/v1/models/openai/gpt-image-2/runs`, {
				method: 'POST',
				headers: { authorization: 'Bearer rf_live_test', 'content-type': 'application/json' },
				body: JSON.stringify({ input: { prompt }, callback_url }),
			});
		for (const prompt of ['one', 'two', 'three']) expect((await create(prompt)).status).toBe(201);
		await first.stop({ signal: 'SIGKILL', keep: true });
		await sleep(75_000);
		expect(simulator.deliveries.every(({ attempts }) => attempts.length === 3)).toBe(true);

		const again = await startN8n({ userFolder, port: Number(new URL(url).port) });
		try {
			await until(async () => (await succeededExecutions(again.client, triggerId)) === 3);
			expect(simulator.deliveries.filter(({ isAutomatic }) => !isAutomatic)).toHaveLength(3);
		} finally {
			await again.stop();
			await simulator.close();
		}
	});
});
