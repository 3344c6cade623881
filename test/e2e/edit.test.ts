import sharp from 'sharp';

import { listExecutions } from '../../scripts/n8n/executions';
import { startSimulator } from '../../simulator/simulator';
import {
	connect,
	credentialFor,
	downloadBinary,
	expectSuccess,
	goldenWorkflow,
	itemsOf,
	until,
} from './support';
import { itWith } from './versions';

jest.setTimeout(120_000);

describe('editing and finding runs on a real n8n', () => {
	it('generates an image, edits its binary field, finds both runs, and redelivers a callback that the trigger accepts', async () => {
		const client = await connect();
		const simulator = await startSimulator({ runTime: 300, signingSecret: 'whsec_edit' });
		const credentialId = await credentialFor(client, simulator, 'whsec_edit');
		const trigger = goldenWorkflow('trigger');
		const webhookId = 'd0c5a1de-3333-4a4a-8a8a-0000000000ff';
		const nodes = trigger.nodes.map((node) => ({
			...node,
			webhookId,
			...(node.name === 'GPT Image 2 Trigger' && {
				parameters: { ...node.parameters, options: { ignoreRepeats: false } },
			}),
		}));
		const triggered = await client.createWorkflow({ ...trigger, nodes }, credentialId);
		await client.activate(triggered);
		const callbackUrl = `${process.env.E2E_N8N_URL}/webhook/${webhookId}/runflow`;

		const golden = goldenWorkflow('edit-and-find');
		const workflow = {
			...golden,
			nodes: golden.nodes.map((node) =>
				node.name === 'Submit'
					? { ...node, parameters: { ...node.parameters, callbackUrl } }
					: node,
			),
		};
		const execution = await client.executeToEnd(
			await client.createWorkflow(workflow, credentialId),
		);
		expectSuccess(execution);

		const [edited] = itemsOf(execution, 'Edit');
		expect(await sharp(await downloadBinary(client, edited)).metadata()).toMatchObject({
			format: 'png',
		});
		expect(simulator.assets).toHaveLength(1);
		expect(simulator.assets[0]).toMatchObject({ mimeType: 'image/png', confirmed: true });
		expect(simulator.runs[1]).toMatchObject({ model: 'openai/gpt-image-2/edit' });
		expect(itemsOf(execution, 'Find').map(({ json }) => json.run_id)).toEqual([
			simulator.runs[1]?.id,
			simulator.runs[0]?.id,
		]);
		expect(itemsOf(execution, 'Get')[0]?.binary?.data).toBeDefined();
		expect(itemsOf(execution, 'Redeliver')[0]?.json).toMatchObject({
			is_automatic: false,
			status_code: 'succeeded',
		});
		expect(itemsOf(execution, 'Deliveries').length).toBeGreaterThanOrEqual(1);

		const count = async () => (await listExecutions(client, { workflowId: triggered })).length;
		await until(async () => (await count()) === 2);
		await simulator.close();
	});

	itWith('binary data in the JSON of an item')(
		'edits a generated image where the workflow keeps binary data in the JSON',
		async () => {
			const client = await connect();
			const simulator = await startSimulator({ runTime: 500 });
			const credentialId = await credentialFor(client, simulator);
			const golden = goldenWorkflow('edit-and-find');
			const names = ['Start', 'Generate', 'Edit'];
			const workflow = {
				...golden,
				nodes: golden.nodes.filter(({ name }) => names.includes(name)),
				connections: {
					Start: golden.connections.Start ?? {},
					Generate: golden.connections.Generate ?? {},
				},
				settings: { binaryMode: 'combined' as const },
			};
			const execution = await client.executeToEnd(
				await client.createWorkflow(workflow, credentialId),
			);
			expectSuccess(execution);
			expect(simulator.runs.map(({ model }) => model)).toEqual([
				'openai/gpt-image-2',
				'openai/gpt-image-2/edit',
			]);
			expect(simulator.assets).toHaveLength(1);
			const [generated] = itemsOf(execution, 'Generate');
			expect(generated?.binary).toBeUndefined();
			expect(generated?.json).toMatchObject({ _files: { data: { mimeType: 'image/png' } } });
			await simulator.close();
		},
	);
});
