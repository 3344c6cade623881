import type { INodeParameters } from 'n8n-workflow';

import { readExample } from '../../scripts/examples';
import type { Execution, N8nClient } from '../../scripts/n8n/client';
import { listExecutions } from '../../scripts/n8n/executions';
import type { Simulator } from '../../simulator/simulator';
import { downloadBinary, expectSuccess, itemsOf, until, useSimulator } from './support';

jest.setTimeout(240_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 500 });

/** Imports and publishes the example, and pastes its trigger's production URL where the note says. */
async function setUp(triggerOptions: INodeParameters = {}): Promise<string> {
	const example = readExample('fire-and-collect');
	const trigger = example.nodes.find(({ name }) => name === 'When a run has ended');
	const webhookId = `${trigger?.webhookId?.slice(0, -4)}${String(Math.random()).slice(2, 6)}`;
	const url = `${process.env.E2E_N8N_URL}/webhook/${webhookId}/runflow`;
	const nodes = example.nodes.map((node) => {
		if (node.name === 'Paste the callback URL') {
			const assignments = [{ id: '1', name: 'callback_url', value: url, type: 'string' }];
			return { ...node, parameters: { assignments: { assignments } } };
		}
		if (node !== trigger) return node;
		const options = { ...(node.parameters.options as INodeParameters), ...triggerOptions };
		return { ...node, webhookId, parameters: { ...node.parameters, options } };
	});
	const id = await client.createWorkflow({ ...example, nodes }, credentialId);
	await client.activate(id);
	return id;
}

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
		const fired = await client.executeToEnd(id);
		expectSuccess(fired);
		expect(itemsOf(fired, 'Submit the orders').map(({ json }) => json.image_count)).toEqual([
			0, 0, 0,
		]);

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
		await client.executeToEnd(id);
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
		const { status, data } = await client.executeToEnd(id);
		expect(status).toBe('error');
		expect(data.resultData.error?.message).toContain('copy its production URL');
		expect(simulator.runs).toHaveLength(0);
	});
});
