import type { INodeParameters } from 'n8n-workflow';

import type { Execution, N8nClient } from '../../scripts/n8n/client';
import { listExecutions } from '../../scripts/n8n/executions';
import type { Simulator } from '../../simulator/simulator';
import {
	downloadBinary,
	expectSuccess,
	goldenWorkflow,
	itemsOf,
	until,
	useSimulator,
} from './support';

jest.setTimeout(120_000);

const secret = 'whsec_get';
let client: N8nClient;
let simulator: Simulator;
let credentialId: string;
let count = 0;

useSimulator(
	(stage) => ({ client, simulator, credentialId } = stage),
	{ runTime: 300, signingSecret: secret },
	secret,
);

/** Has a run of three images call a trigger that is followed by Run → Get; returns that execution. */
async function fetchWhenReady(
	get: INodeParameters,
	trigger: INodeParameters = { output: 'perRun' },
): Promise<{ execution: Execution; runId: string }> {
	const webhookId = `c8a5a1de-6666-4a4a-8a8a-${String((count += 1)).padStart(12, '0')}`;
	const golden = goldenWorkflow('trigger-then-get', {});
	const nodes = golden.nodes.map((node) =>
		node.name === 'GPT Image 2'
			? { ...node, parameters: { ...node.parameters, options: get } }
			: { ...node, webhookId, parameters: { ...node.parameters, options: trigger } },
	);
	const workflowId = await client.createWorkflow({ ...golden, nodes }, credentialId);
	await client.activate(workflowId);
	const started = await fetch(`${simulator.url}/v1/models/openai/gpt-image-2/runs`, {
		method: 'POST',
		headers: { authorization: 'Bearer rf_live_x', 'content-type': 'application/json' },
		body: JSON.stringify({
			input: { prompt: 'a sign', num_images: 3, output_format: 'webp', image_size: 'square' },
			callback_url: `${process.env.E2E_N8N_URL}/webhook/${webhookId}/runflow`,
		}),
	});
	const { id: runId } = (await started.json()) as { id: string };
	const listed = async () => await listExecutions(client, { workflowId });
	await until(async () => (await listed()).length === 1);
	const [{ id } = { id: '' }] = await listed();
	return { execution: await client.finished(id), runId };
}

describe("the trigger's next step, one node on a real n8n", () => {
	it('is Run → Get: each image with the name that the node gives it, and a fresh URL', async () => {
		const { execution, runId } = await fetchWhenReady({});
		expectSuccess(execution);
		const items = itemsOf(execution);
		const names = [0, 1, 2].map((index) => `sign-${runId.slice(-4)}-${index}.webp`);
		expect(items.map(({ json }) => json.file_name)).toEqual(names);
		expect(items.map(({ binary }) => binary?.data?.fileName)).toEqual(names);
		expect((await downloadBinary(client, items[2])).subarray(8, 12).toString()).toBe('WEBP');

		const [triggered] = itemsOf(execution, 'GPT Image 2 Trigger');
		const urls = (triggered?.json.images as Array<{ url: string }>).map(({ url }) => url);
		for (const [index, { json }] of items.entries()) {
			expect(json.url).not.toBe(urls[index]);
			expect(String(json.url).split('?')[0]).toBe(urls[index]?.split('?')[0]);
		}
	});

	it('outputs one item for the run under the chosen name', async () => {
		const { execution } = await fetchWhenReady({ output: 'perRun', fileName: 'sign' });
		const [item, ...others] = itemsOf(execution);
		expect(others).toEqual([]);
		expect(
			Object.entries(item?.binary ?? {}).map(([field, { fileName }]) => [field, fileName]),
		).toEqual([
			['data', 'sign-0.webp'],
			['data_1', 'sign-1.webp'],
			['data_2', 'sign-2.webp'],
		]);
	});

	it("outputs each image once where the trigger outputs an item for each, by its 'Image Number'", async () => {
		const { execution, runId } = await fetchWhenReady(
			{ imageNumber: '={{ $json.image_index + 1 }}' },
			{},
		);
		expectSuccess(execution);
		expect(itemsOf(execution).map(({ json, pairedItem }) => [json.file_name, pairedItem])).toEqual(
			[0, 1, 2].map((item) => [`sign-${runId.slice(-4)}-${item}.webp`, { item }]),
		);
	});
});
