import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import sharp from 'sharp';

import { sign } from '../../runflow/signature';
import { startScriptedModel } from '../../simulator/scriptedModel';
import { downloadBinary, expectSuccess, goldenWorkflow, itemsOf, until } from '../e2e/support';
import { callbackBody } from '../fixtures/callbacks';
import { newestExecution, prompts, secret, startCluster, type Cluster } from './support';

jest.setTimeout(300_000);

let cluster: Cluster;

beforeAll(async () => {
	cluster = await startCluster({});
});

beforeEach(() => cluster.calm());

afterAll(async () => await cluster.stop());

const logsOf = (processes: Array<{ log: () => string }>) =>
	processes.map(({ log }) => log()).join();

/** n8n's default in queue mode, and a folder that all processes share. */
const binaryModes = ['database', 'filesystem'] as const;

describe.each(binaryModes)('in queue mode, with binary data in %s, the nodes', (mode) => {
	beforeAll(async () => {
		if (mode === 'database') return;
		const { queue } = cluster;
		const folder = join(queue.folder, 'pictures');
		mkdirSync(folder);
		await queue.shutDown('SIGKILL');
		await queue.boot({ N8N_DEFAULT_BINARY_DATA_MODE: mode, N8N_STORAGE_PATH: folder });
	});

	it('poll on a worker, and output 3 items with their images', async () => {
		const { client, credentialId, queue } = cluster;
		const execution = await client.executeToEnd(
			await client.createWorkflow(prompts(3), credentialId),
		);
		expectSuccess(execution);
		const items = itemsOf(execution);
		expect(items.map(({ json }) => json.prompt)).toEqual(
			[0, 1, 2].map((number) => `picture number ${number}.`),
		);
		expect(items[2]?.binary?.data?.id).toMatch(new RegExp(`^${mode}`));
		const image = await downloadBinary(client, items[2]);
		expect(await sharp(image).metadata()).toMatchObject({ format: 'png', width: 1280 });
		expect(logsOf(queue.workers)).toContain(`Worker finished execution ${execution.id}`);
	});

	it('suspend, and resume with the images that the webhook process downloaded', async () => {
		const { client, queue, simulator } = cluster;
		simulator.settings.runTime = 8_000;
		const ids = await cluster.suspended(3);
		const items = await cluster.itemsOfAll(ids);
		expect(items).toHaveLength(3);
		for (const item of items) {
			expect(await sharp(await downloadBinary(client, item)).metadata()).toMatchObject({
				format: 'png',
			});
		}
		expect(simulator.runs).toHaveLength(3);
		const statuses = simulator.deliveries.map(({ attempts }) =>
			attempts.map(({ status }) => status),
		);
		expect(statuses).toEqual(Array(3).fill([200]));
		for (const id of ids) expect(logsOf(queue.webhooks)).toContain(`Enqueued execution ${id}`);
	});

	it('fail a suspended execution whose run failed, and retry it', async () => {
		const { client, simulator } = cluster;
		simulator.settings.runTime = 5_000;
		simulator.misbehave({ do: 'end-run', status: 'failed' });
		const [id = ''] = await cluster.suspended(1);
		const execution = await client.finished(id);
		const message = 'The picture ("picture number 0.") was not made: its run failed';
		expect([execution.status, execution.data.resultData.error?.message]).toEqual([
			'error',
			message,
		]);
		const retried = await client.retry(id);
		expectSuccess(retried);
		expect(itemsOf(retried)[0]?.binary?.data).toBeDefined();
		expect(simulator.runs).toHaveLength(2);
	});

	it('edit an image that another process stored', async () => {
		const { client, credentialId, simulator } = cluster;
		const golden = goldenWorkflow('edit-and-find');
		const { Start = {}, Generate = {} } = golden.connections;
		const connections = { Start, Generate };
		const nodes = golden.nodes
			.filter(({ name }) => ['Start', 'Generate', 'Edit'].includes(name))
			.map((node) =>
				node.name === 'Generate'
					? { ...node, parameters: { ...node.parameters, completion: 'suspend' } }
					: node,
			);
		simulator.settings.runTime = 5_000;
		const execution = await client.executeToEnd(
			await client.createWorkflow({ ...golden, nodes, connections }, credentialId),
		);
		expectSuccess(execution);
		const [edited] = itemsOf(execution, 'Edit');
		expect(await sharp(await downloadBinary(client, edited)).metadata()).toMatchObject({
			format: 'png',
		});
		expect(simulator.assets).toHaveLength(1);
		expect(simulator.runs.map(({ model }) => model)).toEqual([
			'openai/gpt-image-2',
			'openai/gpt-image-2/edit',
		]);
	});

	it('pay with Retry only for the item that failed', async () => {
		const { client, credentialId, simulator } = cluster;
		simulator.misbehave({ do: 'refuse-create', status: 402, match: 'number 2.' });
		const workflowId = await client.createWorkflow(prompts(3), credentialId);
		const failed = await client.executeToEnd(workflowId);
		expect(failed.status).toBe('error');
		expect(simulator.runs).toHaveLength(2);
		const retried = await client.retry(failed.id);
		expectSuccess(retried);
		const items = itemsOf(retried);
		expect(items).toHaveLength(3);
		expect((await downloadBinary(client, items[0])).length).toBeGreaterThan(0);
		expect(simulator.runs).toHaveLength(3);
	});

	if (mode === 'filesystem') {
		it('store every image in the shared folder', () => {
			const files = readdirSync(join(cluster.queue.folder, 'pictures'), { recursive: true });
			expect(files.filter((file) => /[0-9a-f-]{36}$/.test(String(file))).length).toBeGreaterThan(0);
		});
	}
});

describe('in queue mode, the nodes', () => {
	it('take up what a failed node paid for, though every process that knew of it is gone', async () => {
		const { client, credentialId, queue, simulator } = cluster;
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'number 2.', times: 1 });
		const workflowId = await client.createWorkflow(prompts(3), credentialId);
		const failed = await client.executeToEnd(workflowId);
		expect(failed.status).toBe('error');
		await queue.shutDown('SIGKILL');
		await queue.boot();
		const again = await client.executeToEnd(workflowId);
		expectSuccess(again);
		const ids = itemsOf(again).map(({ json }) => json.run_id);
		expect(ids.slice(0, 2).sort()).toEqual(
			simulator.runs
				.slice(0, 3)
				.filter(({ request }) => !request.input.prompt.includes('number 2.'))
				.map(({ id }) => id)
				.sort(),
		);
		expect(simulator.runs).toHaveLength(4);
		expectSuccess(await client.executeToEnd(workflowId));
		expect(simulator.runs).toHaveLength(7);
	});

	it('start a workflow by a signed callback to the webhook process', async () => {
		const { client, credentialId, queue } = cluster;
		const path = 'c7a5a1de-2222-4a4a-8a8a-0000000000ff';
		const workflowId = await client.createWorkflow(goldenWorkflow('trigger'), credentialId);
		await client.activate(workflowId);
		const body = callbackBody();
		const deliver = async (signature: string) =>
			(
				await fetch(`${queue.url}/webhook/${path}/runflow`, {
					method: 'POST',
					headers: { 'content-type': 'application/json', 'runflow-signature': signature },
					body,
				})
			).status;
		expect(await deliver(sign('another secret', Buffer.from(body)))).toBe(401);
		expect(await deliver(sign(secret, Buffer.from(body)))).toBe(200);
		await until(async () => (await newestExecution(client, workflowId)) !== null);

		const id = (await newestExecution(client, workflowId)) ?? '';
		const execution = await client.finished(id);
		expectSuccess(execution);
		expect(itemsOf(execution, 'Done')[0]?.json).toMatchObject({
			event: 'run.completed',
			status: 'succeeded',
		});
		expect(logsOf(queue.webhooks)).toContain(`Enqueued execution ${id}`);
		expect(logsOf(queue.workers)).toContain(`Worker finished execution ${id}`);
	});

	it('are a tool of an agent on a worker', async () => {
		const { client, credentialId, queue, simulator } = cluster;
		const model = await startScriptedModel(({ messages }) => {
			const said = messages.find(({ role }) => role === 'tool')?.content;
			return said
				? { text: `The tool says: ${said}` }
				: { calls: [{ tool: 'GPT_Image_2', input: { Prompt: 'a lighthouse' } }] };
		});
		try {
			const openAi = await client.send<{ id: string }>('POST', '/rest/credentials', {
				name: 'Scripted',
				type: 'openAiApi',
				data: { apiKey: 'scripted', url: `${model.url}/v1` },
			});
			const golden = goldenWorkflow('agent');
			const credentials = { openAiApi: { id: openAi.id, name: 'Scripted' } };
			const nodes = golden.nodes.map((node) =>
				node.name === 'Model' ? { ...node, credentials } : node,
			);
			const execution = await client.executeToEnd(
				await client.createWorkflow({ ...golden, nodes }, credentialId),
			);
			expectSuccess(execution);
			const answer = String(itemsOf(execution, 'Agent')[0]?.json.output);
			expect(answer).toContain(`/files/${simulator.runs[0]?.id}/0/result.png`);
			expect(simulator.runs).toHaveLength(1);
			expect(logsOf(queue.workers)).toContain(`Worker finished execution ${execution.id}`);
		} finally {
			await model.close();
		}
	});
});
