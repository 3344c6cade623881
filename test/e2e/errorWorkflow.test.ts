import { randomUUID } from 'node:crypto';

import type { N8nClient } from '../../scripts/n8n/client';
import { listExecutions } from '../../scripts/n8n/executions';
import type { Simulator } from '../../simulator/simulator';
import {
	expectSuccess,
	goldenWorkflow,
	itemsOf,
	type NodeChange,
	until,
	useSimulator,
} from './support';

jest.setTimeout(120_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 2000 });

/** A workflow that n8n starts when another one fails. */
async function saveErrorWorkflow(): Promise<string> {
	const id = await client.createWorkflow(
		{
			name: 'On errors',
			nodes: [
				{
					id: randomUUID(),
					name: 'Failed',
					type: 'n8n-nodes-base.errorTrigger',
					typeVersion: 1,
					position: [0, 0],
					parameters: {},
				},
			],
			connections: {},
		},
		credentialId,
	);
	await client.activate(id);
	return id;
}

/** Calls a published workflow of twenty pictures, with an error workflow; returns the execution's id and that of the error workflow. */
async function call(change: NodeChange = {}) {
	const errorWorkflow = await saveErrorWorkflow();
	const parameters = { completion: 'suspend', ...change.parameters };
	const golden = goldenWorkflow('twenty-items', { ...change, parameters });
	const path = randomUUID();
	const nodes = golden.nodes.map((node) =>
		node.name === 'Start'
			? {
					...node,
					type: 'n8n-nodes-base.webhook',
					typeVersion: 2,
					parameters: { path, httpMethod: 'POST', options: {} },
					webhookId: path,
				}
			: node,
	);
	const workflowId = await client.createWorkflow(
		{ ...golden, nodes, settings: { errorWorkflow } },
		credentialId,
	);
	await client.activate(workflowId);
	await until(async () => {
		const url = `${process.env.E2E_N8N_URL}/webhook/${path}`;
		return (await fetch(url, { method: 'POST' })).ok;
	});
	let id = '';
	await until(async () => {
		const listed = await listExecutions(client, { workflowId });
		id = listed.find(({ mode }) => mode === 'webhook')?.id ?? '';
		return id !== '';
	});
	return { id, errorWorkflow };
}

const errorsOf = async (workflowId: string) => {
	const listed = await listExecutions(client, { workflowId });
	return await Promise.all(listed.map(async ({ id }) => await client.finished(id)));
};

describe('the error workflow of one with a suspended node, on a real n8n', () => {
	it('is started when a run fails, and a retry pays for that run only', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'number 3.' });
		const { id, errorWorkflow } = await call();
		const execution = await client.finished(id);
		const [bad] = simulator.runs.filter(({ request }) =>
			request.input.prompt.includes('number 3.'),
		);
		const { error } = execution.data.resultData;
		expect([execution.status, error?.message]).toEqual([
			'error',
			'Picture 4 of 20 ("picture number 3.") was not made: its run failed',
		]);
		expect(error?.description).toContain('MODEL_UNAVAILABLE');
		expect(error?.description).toContain(bad?.id);
		await until(async () => (await errorsOf(errorWorkflow)).length > 0);
		const [handled] = await errorsOf(errorWorkflow);
		expect(JSON.stringify(handled?.data.resultData.runData.Failed)).toContain(bad?.id);

		const retried = await client.retry(id);
		expectSuccess(retried);
		const items = itemsOf(retried);
		expect(items.map(({ json }) => json.prompt)).toEqual(
			Array.from({ length: 20 }, (_, number) => `picture number ${number}.`),
		);
		expect(items.filter(({ binary }) => binary?.data)).toHaveLength(20);
		expect(simulator.runs).toHaveLength(21);
	});

	it('is started with Retry On Fail as well, which starts no run again after a suspension', async () => {
		simulator.misbehave({ do: 'end-run', status: 'cancelled', match: 'number 5.', times: 0 });
		const { id, errorWorkflow } = await call({ retryOnFail: true });
		const execution = await client.finished(id);
		expect(execution.status).toBe('error');
		expect(execution.data.resultData.error?.message).toContain('was cancelled');
		await until(async () => (await errorsOf(errorWorkflow)).length > 0);
		expect(simulator.runs).toHaveLength(20);
	});

	it('is not started where the node continues on errors', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'number 3.' });
		const { id, errorWorkflow } = await call({ onError: 'continueRegularOutput' });
		const execution = await client.finished(id);
		expectSuccess(execution);
		const items = itemsOf(execution);
		expect(items.filter(({ binary }) => binary?.data)).toHaveLength(19);
		expect(items[3]?.json.error).toMatch(/^Picture 4 of 20 .* was not made: its run failed$/);
		expect(await errorsOf(errorWorkflow)).toEqual([]);
	});
});
