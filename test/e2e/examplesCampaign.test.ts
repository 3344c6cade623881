import type { INodeParameters } from 'n8n-workflow';
import sharp from 'sharp';

import { readExample } from '../../scripts/examples';
import type { N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, credentialFor, downloadBinary, expectSuccess, itemsOf } from './support';
import { describeWith } from './versions';

jest.setTimeout(240_000);

const name = 'turn-campaign-rows-into-pictures-for-every-channel';

interface Row {
	id: number;
	name: string;
	status: string | null;
	cost: number | null;
	files: string | null;
	alt_text: string | null;
}

let client: N8nClient;
let simulator: Simulator;
let workflowId: string;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 300 });
	workflowId = await client.createWorkflow(
		readExample(name),
		await credentialFor(client, simulator),
	);
});

afterAll(async () => await simulator.close());

/** The path of the campaign's table in n8n's own API for its page of data tables. */
async function tablePath(): Promise<string> {
	const { data: tables } = await client.send<{
		data: Array<{ id: string; name: string; projectId: string }>;
	}>('GET', '/rest/data-tables-global');
	const table = tables.find((found) => found.name === 'Runflow campaign');
	if (!table) throw new Error('there is no table');
	return `/rest/projects/${table.projectId}/data-tables/${table.id}`;
}

/** The rows of the campaign's table, oldest first. */
async function rows(): Promise<Row[]> {
	const { data } = await client.send<{ data: Row[] }>('GET', `${await tablePath()}/rows`);
	return data.sort((one, other) => one.id - other.id);
}

const channels = {
	instagram_post: 4 / 5,
	instagram_story: 9 / 16,
	youtube_thumbnail: 16 / 9,
	facebook_link: 1200 / 630,
	linkedin_post: 1,
};

describeWith('the nodes of the examples')(`the example ${name}`, () => {
	it('creates its table with a sample, and draws the other pictures when one fails', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed' });
		const execution = await client.executeToEnd(workflowId);
		expectSuccess(execution);
		expect(simulator.runs).toHaveLength(5);
		expect(itemsOf(execution, 'Send the files on')).toHaveLength(4);
		const [teapot, ...others] = await rows();
		expect(others).toEqual([]);
		expect(teapot).toMatchObject({
			name: 'Ceramic teapot',
			cost: 0.036,
			alt_text:
				'Ceramic teapot: A hand-thrown ceramic teapot with a bamboo handle on a linen cloth, soft window light, muted greens',
		});
		expect(teapot?.status).toMatch(/^partly done\n[^\n]*did not deliver/);
		expect(teapot?.files?.split('\n')).toHaveLength(4);
	});

	it('draws only what is missing the second time, in the shapes of the networks', async () => {
		const execution = await client.executeToEnd(workflowId);
		expectSuccess(execution);
		expect(simulator.runs).toHaveLength(6);
		const items = itemsOf(execution, 'Send the files on');
		expect(items.map(({ json }) => json.channel).sort()).toEqual(Object.keys(channels).sort());
		for (const [channel, ratio] of Object.entries(channels)) {
			const item = items.find(({ json }) => json.channel === channel);
			const { width, height } = await sharp(await downloadBinary(client, item)).metadata();
			expect(Math.abs(width / height - ratio) / ratio).toBeLessThan(0.001);
			expect(item?.json).toMatchObject({
				...{ width, height, name: 'Ceramic teapot' },
				file_name: `ceramic-teapot-${channel.replace('_', '-')}.jpg`,
				alt_text: expect.stringContaining('bamboo handle'),
			});
		}
		expect(await rows()).toMatchObject([{ status: 'done', cost: 0.045 }]);
	});

	it('pays nothing for pictures that a row has, and gives each row its own', async () => {
		expectSuccess(await client.executeToEnd(workflowId));
		expect(simulator.runs).toHaveLength(6);

		const coffee = { name: 'Café ☕', brief: `A cup of filter coffee, ${'warm '.repeat(30)}` };
		await client.send('POST', `${await tablePath()}/insert`, { data: [coffee], returnType: 'id' });
		expectSuccess(await client.executeToEnd(workflowId));
		expect(simulator.runs).toHaveLength(11);
		const [teapot, added] = await rows();
		expect([teapot?.status, added?.status]).toEqual(['done', 'done']);
		expect(teapot?.files).toContain('ceramic-teapot-instagram-story.jpg');
		expect(added?.files).toContain('cafe-instagram-story.jpg');
		expect(added?.alt_text).toMatch(/^Café ☕: A cup of filter coffee,( warm)+…$/);
		expect(added?.alt_text?.length).toBeLessThanOrEqual(126);
	});

	it('spends nothing, says so in the rows and leaves their files when there are more pictures than the cap', async () => {
		const before = simulator.runs.length;
		const example = readExample(name);
		const nodes = example.nodes.map((node) => {
			if (node.name !== 'Draw for every channel') return node;
			const options = { ...(node.parameters.options as INodeParameters), maxImages: 9 };
			return { ...node, parameters: { ...node.parameters, options } };
		});
		const capped = await client.createWorkflow(
			{ ...example, nodes },
			await credentialFor(client, simulator),
		);
		expectSuccess(await client.executeToEnd(capped));
		expect(simulator.runs).toHaveLength(before);
		for (const { cost, files, status } of await rows()) {
			expect(status?.split("'Max Images' allows")).toHaveLength(2);
			expect([cost, files?.split('\n').length]).toEqual([0.045, 5]);
		}
	});
});
