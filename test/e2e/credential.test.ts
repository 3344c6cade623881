import type { N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, expectSuccess, goldenWorkflow, type NodeChange } from './support';

jest.setTimeout(240_000);

let client: N8nClient;
let simulator: Simulator;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 1000 });
});

afterAll(async () => await simulator.close());

/** Runs twenty items with this API key, and returns the execution. */
async function executeWith(apiKey: string, change: NodeChange = {}) {
	simulator.runs.length = 0;
	const values = { baseUrl: simulator.url, organizationId: '', signingSecrets: '' };
	const credentialId = await client.createCredential({ ...values, apiKey });
	const workflow = goldenWorkflow('twenty-items', change);
	return await client.finished(
		await client.execute(await client.createWorkflow(workflow, credentialId), 'Start'),
	);
}

describe('a credential with an expression, on a real n8n', () => {
	it.each(['poll', 'suspend'])('works where it needs no items, with %s', async (completion) => {
		expectSuccess(await executeWith("={{ 'rf_live_' + 'e2e' }}", { parameters: { completion } }));
		expect(simulator.runs).toHaveLength(20);
	});

	it.each([
		["={{ 'rf_live_' + $json.prompt.length }}", 'poll', 'The items have different'],
		["={{ 'rf_live_' + $json.prompt[0] }}", 'suspend', "'Suspend Until Callback' can't be used"],
		["={{ 'rf_live_' + $('Start').all().length }}", 'suspend', "'Suspend Until Callback' can't"],
	])('pays nothing with %s and %s', async (apiKey, completion, message) => {
		const { data } = await executeWith(apiKey, { parameters: { completion } });
		expect(data.resultData.error?.message).toContain(message);
		expect(simulator.runs).toHaveLength(0);
	});

	it('pays for all items where all have the same key', async () => {
		expectSuccess(await executeWith("={{ 'rf_live_' + $json.prompt[0] }}"));
		expect(simulator.runs).toHaveLength(20);
	});
});
