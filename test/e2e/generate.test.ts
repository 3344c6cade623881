import sharp from 'sharp';

import type { N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { downloadBinary, goldenWorkflow, itemsOf, type NodeChange, useSimulator } from './support';

jest.setTimeout(180_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 500 });

async function twentyItems(change: NodeChange = {}) {
	const workflowId = await client.createWorkflow(
		goldenWorkflow('twenty-items', change),
		credentialId,
	);
	return await client.executeToEnd(workflowId);
}

describe('the node on a real n8n', () => {
	it('makes 20 images from 20 items, in their order, as binary data', async () => {
		const execution = await twentyItems();
		const items = itemsOf(execution);
		expect(execution.status).toBe('success');
		expect(items.map(({ json }) => json.prompt)).toEqual(
			Array.from({ length: 20 }, (_, number) => `picture number ${number}.`),
		);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
			Array.from({ length: 20 }, (_, item) => ({ item })),
		);
		const last = await downloadBinary(client, items[19]);
		expect(await sharp(last).metadata()).toMatchObject({ format: 'png', width: 1280, height: 960 });
		expect(simulator.runs).toHaveLength(20);
	});

	it('keeps the API key out of the execution', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'number 3.' });
		const execution = await twentyItems();
		expect(execution.status).toBe('error');
		expect(JSON.stringify(execution)).not.toContain('rf_live_e2e_secret');
	});

	it.each([
		['honours idempotency keys', true],
		['ignores idempotency keys', false],
	])(
		'pays once for each item when every create is dropped after it was accepted by a server that %s',
		async (_, idempotency) => {
			simulator.settings.idempotency = idempotency;
			simulator.misbehave({ do: 'drop-create', times: 20 });
			const execution = await twentyItems();
			expect(execution.status).toBe('success');
			expect(itemsOf(execution).filter(({ binary }) => binary?.data)).toHaveLength(20);
			expect(simulator.runs).toHaveLength(20);
		},
	);

	it('pays for only one more run when one of 20 fails once and Retry On Fail tries again', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'number 7.' });
		const execution = await twentyItems({ retryOnFail: true });
		expect(execution.status).toBe('success');
		expect(itemsOf(execution).filter(({ binary }) => binary?.data)).toHaveLength(20);
		expect(simulator.runs).toHaveLength(21);
	});

	it("pays for only one more run when n8n's Retry repeats a failed execution", async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'number 7.' });
		const failed = await twentyItems();
		expect(failed.status).toBe('error');
		const error = failed.data.resultData.error;
		expect(error?.message).toMatch(/^Picture 8 of 20 .* was not made: its run failed$/);
		expect(error?.description).toContain('19 other runs are paid for or still pending');

		const retried = await client.retry(failed.id);
		expect(retried.status).toBe('success');
		expect(itemsOf(retried).filter(({ binary }) => binary?.data)).toHaveLength(20);
		expect(simulator.runs).toHaveLength(21);
	});

	it('sends error rows to the error output and lets the other items continue', async () => {
		simulator.misbehave({ do: 'end-run', status: 'cancelled', match: 'number 4.' });
		const execution = await twentyItems({ onError: 'continueErrorOutput' });
		expect(execution.status).toBe('success');
		expect(itemsOf(execution)).toHaveLength(19);
		const [row] = itemsOf(execution, 'GPT Image 2', 1);
		expect(row?.json).toMatchObject({
			error: expect.stringMatching(/was cancelled at Runflow/),
			details: { status: 'cancelled' },
		});
		expect(row?.pairedItem).toEqual({ item: 4 });
	});

	it('stops reading runs when the execution is stopped', async () => {
		simulator.settings.runTime = 600_000;
		const workflowId = await client.createWorkflow(goldenWorkflow('twenty-items'), credentialId);
		const executionId = await client.execute(workflowId, 'Start');
		while (simulator.runs.length < 20) await new Promise((resolve) => setTimeout(resolve, 50));
		await client.stop(executionId);
		await new Promise((resolve) => setTimeout(resolve, 300));
		const reads = simulator.requests['GET /v1/runs/:id'];
		await new Promise((resolve) => setTimeout(resolve, 2500));
		expect(simulator.requests['GET /v1/runs/:id']).toBe(reads);
		expect((await client.execution(executionId)).status).toBe('canceled');
	});

	it('tests the credential with the API, and tells a good key from a bad one for free', async () => {
		const test = async (apiKey: string) =>
			await client.send<{ status: string }>('POST', '/rest/credentials/test', {
				credentials: {
					id: credentialId,
					name: 'Runflow API',
					type: 'runflowApi',
					data: { apiKey, baseUrl: `${simulator.url}/`, organizationId: '', signingSecrets: '' },
				},
			});
		expect(await test('rf_live_good')).toMatchObject({ status: 'OK' });
		expect(await test('nonsense')).toMatchObject({ status: 'Error' });
		expect(simulator.runs).toHaveLength(0);
	});
});
