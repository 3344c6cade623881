import { randomUUID } from 'node:crypto';

import type { INodeParameters } from 'n8n-workflow';

import type { Execution, ExportedWorkflow, N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { expectSuccess, goldenWorkflow, itemsOf, until, useSimulator } from './support';

jest.setTimeout(240_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 300 });

/** A new workflow with nodes of its own that makes a picture for each prompt. */
async function create(prompts: string[], parameters: INodeParameters = {}): Promise<string> {
	const golden = goldenWorkflow('twenty-items', {
		parameters: { options: { reuse: 24, timeout: 120 }, ...parameters },
	});
	return await client.createWorkflow(withPrompts(golden, prompts), credentialId);
}

function withPrompts(workflow: ExportedWorkflow, prompts: string[]): ExportedWorkflow {
	const items = JSON.stringify(prompts.map((prompt) => ({ json: { prompt } })));
	const nodes = workflow.nodes.map((node) => {
		const parameters = node.name === 'Prompts' ? { jsCode: `return ${items};` } : node.parameters;
		return { ...node, id: randomUUID(), parameters };
	});
	return { ...workflow, nodes, pinData: {} };
}

const six = Array.from({ length: 6 }, (_, number) => `product ${number}`);
const images = (execution: Execution) =>
	itemsOf(execution).filter(({ binary }) => binary?.data).length;
const reused = (execution: Execution) => itemsOf(execution).map(({ json }) => json.reused);
const hints = (execution: Execution) =>
	(execution.data.resultData.runData['GPT Image 2']?.at(-1)?.hints ?? []).map(
		({ message }) => message,
	);
describe('reuse on a real n8n', () => {
	it('returns 18 images for 6 runs when a workflow runs three times, and another workflow pays only for what it changed', async () => {
		const workflowId = await create(six);
		const executions: Execution[] = [];
		executions.push(await client.executeToEnd(workflowId));
		const lists = simulator.requests['GET /v1/runs'] ?? 0;
		for (let time = 0; time < 2; time++) executions.push(await client.executeToEnd(workflowId));
		executions.forEach(expectSuccess);
		expect(executions.map(images)).toEqual([6, 6, 6]);
		expect(simulator.runs).toHaveLength(6);
		expect(executions.map(reused)).toEqual([
			six.map(() => false),
			six.map(() => true),
			six.map(() => true),
		]);
		expect(simulator.requests['GET /v1/runs']).toBe(lists + 2);
		expect(hints(executions[2] as Execution)).toEqual([
			'6 images from 6 runs, 6 reused ($0.798 not spent), 0 failed, nothing paid.',
		]);

		const changed = six.map((prompt, number) => (number === 4 ? `${prompt}, at night` : prompt));
		const other = await client.executeToEnd(await create(changed));
		expect(images(other)).toBe(6);
		expect(simulator.runs).toHaveLength(7);
		expect(reused(other)).toEqual([true, true, true, true, false, true]);
		expect(hints(other)).toEqual([
			'6 images from 6 runs, 5 reused ($0.665 not spent), 0 failed, cost reported by Runflow: $0.133.',
		]);
	});

	it('gives two items that ask for the same a run each, and both again in the next execution', async () => {
		const workflowId = await create(['a door', 'a door']);
		const first = await client.executeToEnd(workflowId);
		const second = await client.executeToEnd(workflowId);
		const ids = [first, second].map((execution) =>
			itemsOf(execution).map(({ json }) => json.run_id),
		);
		expect(simulator.runs).toHaveLength(2);
		expect(new Set(ids[0]).size).toBe(2);
		expect(ids[1]).toEqual(ids[0]);
	});

	it("pays once for 'Execute step' that is pressed three times", async () => {
		const workflowId = await create(['a step']);
		const whole = await client.executeToEnd(workflowId);
		const workflowData = await client.send('GET', `/rest/workflows/${workflowId}`);
		const { Start, Prompts } = whole.data.resultData.runData;
		const step = async () => {
			const { executionId } = await client.send<{ executionId: string }>(
				'POST',
				`/rest/workflows/${workflowId}/run`,
				{
					workflowData,
					runData: { Start, Prompts },
					destinationNode: { nodeName: 'GPT Image 2', mode: 'inclusive' },
					dirtyNodeNames: [],
				},
			);
			return await client.finished(executionId);
		};
		const steps = [await step(), await step()];
		steps.forEach(expectSuccess);
		expect(steps.map(images)).toEqual([1, 1]);
		expect(simulator.runs).toHaveLength(1);
	});

	it('wakes an execution that is suspended for pending runs of another one', async () => {
		simulator.settings.runTime = 6_000;
		const submitted = await client.executeToEnd(await create(six, { completion: 'none' }));
		expect(itemsOf(submitted).map(({ json }) => json.image_count)).toEqual(six.map(() => 0));
		const id = await client.execute(await create(six, { completion: 'suspend' }), 'Start');
		await until(async () => (await client.statusOf(id)) === 'waiting');
		const execution = await client.finished(id);
		expectSuccess(execution);
		expect(images(execution)).toBe(6);
		expect(reused(execution)).toEqual(six.map(() => true));
		expect(simulator.runs).toHaveLength(6);
		expect(simulator.deliveries).toEqual([]);
	});

	it('recognizes an edited image by its content, whatever n8n calls the file', async () => {
		const golden = goldenWorkflow('edit-and-find');
		const nodes = golden.nodes
			.filter(({ name }) => ['Start', 'Generate', 'Edit'].includes(name))
			.map((node) => ({ ...node, parameters: { ...node.parameters, options: { reuse: 1 } } }));
		const { Start, Generate } = golden.connections;
		const connections = { Start, Generate } as ExportedWorkflow['connections'];
		const workflowId = await client.createWorkflow({ ...golden, nodes, connections }, credentialId);
		const first = await client.executeToEnd(workflowId);
		const second = await client.executeToEnd(workflowId);
		const [one, other] = [first, second].map((execution) => {
			expectSuccess(execution);
			return itemsOf(execution, 'Edit')[0];
		});
		expect(other?.json).toMatchObject({ run_id: one?.json.run_id, reused: true });
		expect(itemsOf(second, 'Generate')[0]?.binary?.data?.id).not.toBe(
			itemsOf(first, 'Generate')[0]?.binary?.data?.id,
		);
		expect(simulator.runs).toHaveLength(2);
		expect(simulator.assets).toHaveLength(1);
	});

	it('makes a picture anew whose file is gone', async () => {
		const workflowId = await create(['a lost picture']);
		await client.executeToEnd(workflowId);
		simulator.misbehave({ do: 'expire-file', times: 3 });
		const again = await client.executeToEnd(workflowId);
		expectSuccess(again);
		expect([images(again), reused(again)]).toEqual([1, [false]]);
		expect(simulator.runs).toHaveLength(2);
		expect(hints(again)[0]).toContain('The images of 1 earlier run are no longer there');
	});
});
