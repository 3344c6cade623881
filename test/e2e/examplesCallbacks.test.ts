import type { INodeParameters } from 'n8n-workflow';

import { fillIn } from '../../scripts/demoExamples';
import { readExample } from '../../scripts/examples';
import type { Execution, N8nClient } from '../../scripts/n8n/client';
import { listExecutions } from '../../scripts/n8n/executions';
import type { Simulator } from '../../simulator/simulator';
import {
	downloadBinary,
	executeWith,
	expectSuccess,
	itemsOf,
	until,
	useSimulator,
} from './support';

jest.setTimeout(240_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 500 });

const orders = [
	'A-1001: A birthday card with a fox in a rowing boat',
	'A-1002: A birthday card with an owl on a bicycle: gouache',
	'',
	'A-1003: A birthday card with a bear baking bread',
].join('\n');

/** Imports and publishes the example at addresses of its own, with the URL filled in as in the demo. */
async function setUp(triggerOptions: INodeParameters = {}): Promise<string> {
	const example = readExample('fire-and-collect');
	const id = String(Math.random()).slice(2, 6);
	const nodes = example.nodes.map((node) => {
		if (node.webhookId === undefined) return node;
		const isForm = node.type === 'n8n-nodes-base.formTrigger';
		const changes = isForm ? { path: `fire-and-collect-${id}` } : triggerOptions;
		const options = { ...(node.parameters.options as INodeParameters), ...changes };
		const webhookId = node.webhookId.slice(0, -4) + id + (isForm ? 'f' : '');
		return { ...node, webhookId, parameters: { ...node.parameters, options } };
	});
	const callbacksAt = process.env.E2E_N8N_URL ?? '';
	const filled = fillIn({ ...example, nodes }, { chatCredentialId: '', callbacksAt });
	const workflowId = await client.createWorkflow(filled, credentialId);
	await client.activate(workflowId);
	return workflowId;
}

const order = async (workflowId: string) =>
	await executeWith(client, workflowId, 'Order the pictures', { orders });

/** The executions that callbacks started, once there are that many and all have finished. */
async function collected(workflowId: string, count: number): Promise<Execution[]> {
	const started = async () =>
		(await listExecutions(client, { workflowId })).filter(({ mode }) => mode === 'webhook');
	await until(async () => (await started()).length >= count);
	return await Promise.all((await started()).map(async ({ id }) => await client.finished(id)));
}

describe('the example fire-and-collect', () => {
	it('fires three orders, downloads two and reports the one that failed', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'owl' });
		simulator.misbehave({ do: 'repeat-callback', match: 'fox' });
		const id = await setUp();
		const fired = await order(id);
		expectSuccess(fired);
		expect(itemsOf(fired, 'Submit the orders').map(({ json }) => json.image_count)).toEqual([
			0, 0, 0,
		]);

		expect(simulator.runs.map(({ request }) => request.input.prompt)).toContain(
			'A birthday card with an owl on a bicycle: gouache',
		);

		const executions = await collected(id, 3);
		expect(executions).toHaveLength(3);
		const files = executions.flatMap((execution) => itemsOf(execution, 'Send the files on'));
		expect(files.map(({ json }) => (json.metadata as { order: string }).order).sort()).toEqual([
			'A-1001',
			'A-1003',
		]);
		for (const file of files)
			expect((await downloadBinary(client, file)).length).toBeGreaterThan(0);
		const [failed] = executions.filter(({ status }) => status === 'error');
		expect(failed?.data.resultData.error?.message).toMatch(/^Order A-1002, run .*did not deliver/);
		expect(simulator.runs).toHaveLength(3);
	});

	it('uses a run once, even when its callback comes again and the trigger lets it through', async () => {
		const id = await setUp({ ignoreRepeats: false });
		await order(id);
		await collected(id, 3);
		const [run] = simulator.runs;
		await fetch(`${simulator.url}/v1/runs/${run?.id}/callback-redeliveries`, {
			method: 'POST',
			headers: { authorization: 'Bearer rf_live_e2e_secret' },
		});
		const executions = await collected(id, 4);
		const files = executions.flatMap((execution) => itemsOf(execution, 'Send the files on'));
		expect(files).toHaveLength(3);
	});

	it('says what to paste where the callback URL is missing, and spends nothing', async () => {
		const id = await client.createWorkflow(readExample('fire-and-collect'), credentialId);
		const { status, data } = await order(id);
		expect(status).toBe('error');
		expect(data.resultData.error?.message).toContain('copy its production URL');
		expect(simulator.runs).toHaveLength(0);
	});
});
