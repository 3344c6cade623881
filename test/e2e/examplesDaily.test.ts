import { readExample } from '../../scripts/examples';
import type { N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, credentialFor, downloadBinary, expectSuccess, itemsOf } from './support';
import { describeWith } from './versions';

jest.setTimeout(240_000);

const name = 'draw-a-picture-of-the-day-within-a-monthly-limit';
const trigger = 'Every morning';
const fortyDaysMs = 40 * 24 * 3600 * 1000;

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 300 });
	credentialId = await credentialFor(client, simulator);
});

afterAll(async () => await simulator.close());

/** Imports the example with another limit, in dollars. */
async function importWithLimit(limit: number): Promise<string> {
	const example = readExample(name);
	const text = JSON.stringify(example.nodes).replace(
		'"name":"monthly_limit","value":5',
		`"name":"monthly_limit","value":${limit}`,
	);
	const nodes = JSON.parse(text) as typeof example.nodes;
	return await client.createWorkflow({ ...example, nodes }, credentialId);
}

describeWith('the nodes of the examples')(`the example ${name}`, () => {
	it('draws a picture as long as the next one fits into the limit, then stops with a message', async () => {
		const id = await importWithLimit(0.26);
		for (const spent of [0, 0.009]) {
			const execution = await client.executeToEnd(id, trigger);
			expectSuccess(execution);
			expect(itemsOf(execution, 'Add up the cost').map(({ json }) => json.spent)).toEqual([spent]);
			const [file] = itemsOf(execution, 'Send the file on');
			expect(file?.json.file_name).toMatch(/^picture-of-the-day-\d{4}-\d\d-\d\d\.jpg$/);
			expect((await downloadBinary(client, file)).length).toBeGreaterThan(0);
		}

		const { status, data } = await client.executeToEnd(id, trigger);
		expect(status).toBe('error');
		expect(data.resultData.error?.message).toMatch(
			/^No picture today: this month has cost \$0\.02, another one may cost \$0\.25, and the limit is \$0\.26\. It goes on by itself on 1 [A-Z][a-z]+\./,
		);
		expect(simulator.runs).toHaveLength(2);
	});

	it('counts nothing from the months before', async () => {
		for (const run of simulator.runs) run.createdAt -= fortyDaysMs;
		expectSuccess(await client.executeToEnd(await importWithLimit(0.26), trigger));
		expect(simulator.runs).toHaveLength(3);
	});

	it('counts a run of several pictures once', async () => {
		const [run] = simulator.runs.filter(({ createdAt }) => createdAt > Date.now() - fortyDaysMs);
		if (run === undefined) throw new Error('there is no run of this month');
		run.pictures = run.pictures.then(([picture = Buffer.alloc(0)]) => [picture, picture]);
		const execution = await client.executeToEnd(await importWithLimit(1), trigger);
		expect(itemsOf(execution, 'Add up the cost').map(({ json }) => json.spent)).toEqual([0.018]);
	});
});
