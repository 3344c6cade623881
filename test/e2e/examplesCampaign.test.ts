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

/** The campaign's table, as n8n's own page of data tables shows it. */
async function rows(): Promise<Row[]> {
	const { data: tables } = await client.send<{
		data: Array<{ id: string; name: string; projectId: string }>;
	}>('GET', '/rest/data-tables-global');
	const table = tables.find((found) => found.name === 'Runflow campaign');
	if (!table) throw new Error('there is no table');
	const { data } = await client.send<{ data: Row[] }>(
		'GET',
		`/rest/projects/${table.projectId}/data-tables/${table.id}/rows`,
	);
	return data.sort((one, other) => one.id - other.id);
}

const channels = {
	'instagram-square': 1,
	'instagram-portrait': 4 / 5,
	story: 9 / 16,
	youtube: 16 / 9,
	'link-preview': 1.91,
};

describeWith('the nodes of the examples')(`the example ${name}`, () => {
	it('creates its table, and draws the other pictures when one fails', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'coffee' });
		const execution = await client.executeToEnd(workflowId);
		expectSuccess(execution);
		expect(simulator.runs).toHaveLength(10);
		const [teapot, coffee] = await rows();
		expect(teapot).toMatchObject({
			name: 'Ceramic teapot',
			status: 'done',
			cost: 0.045,
			files: expect.stringContaining('ceramic-teapot-story-1152x2048.jpg'),
			alt_text: expect.stringMatching(/^Ceramic teapot: A hand-thrown .{1,110}$/),
		});
		expect(coffee?.status).toMatch(/^partly done\n[a-z-]+: .*did not deliver/);
		expect(coffee).toMatchObject({ cost: 0.036 });
		expect(coffee?.files?.split('\n')).toHaveLength(4);
	});

	it('asks for the shapes of the networks, and gets files of that size', async () => {
		const execution = await client.executeToEnd(workflowId);
		const items = itemsOf(execution, 'Send the files on');
		expect(items).toHaveLength(10);
		expect(simulator.runs).toHaveLength(11);
		for (const [channel, ratio] of Object.entries(channels)) {
			const item = items.find(({ json }) => String(json.file_name).includes(channel));
			const { width, height } = await sharp(await downloadBinary(client, item)).metadata();
			expect(Math.abs(width / height - ratio) / ratio).toBeLessThan(0.001);
			expect(item?.json).toMatchObject({ width, height, metadata: { channel } });
		}
	});

	it('pays nothing twice: the second time only for what had failed, the third time for nothing', async () => {
		const execution = await client.executeToEnd(workflowId);
		expectSuccess(execution);
		expect(itemsOf(execution, 'Send the files on')).toHaveLength(10);
		expect(simulator.runs.filter(({ end }) => end === 'succeeded')).toHaveLength(10);
		expect(simulator.runs).toHaveLength(11);
		expect((await rows()).map(({ status, cost }) => [status, cost])).toEqual([
			['done', 0.045],
			['done', 0.045],
		]);
	});

	it('spends nothing, says so in the rows and leaves their files when there are more pictures than the cap', async () => {
		const before = simulator.runs.length;
		const example = readExample(name);
		const nodes = example.nodes.map((node) =>
			node.name === 'Draw for every channel'
				? { ...node, parameters: { ...node.parameters, options: { maxImages: 9 } } }
				: node,
		);
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
