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

describe("the credential's test, on a real n8n", () => {
	const tested = async (values: object) => {
		const data = { baseUrl: simulator.url, organizationId: '', signingSecrets: '', ...values };
		const credentials = { id: '', name: 'Runflow', type: 'runflowApi', data };
		return await client.send<{ status: string; message: string }>(
			'POST',
			'/rest/credentials/test',
			{ credentials },
		);
	};

	it('accepts a key that may read runs', async () => {
		expect(await tested({ apiKey: 'rf_live_e2e' })).toMatchObject({ status: 'OK' });
	});

	it.each([
		['a key that nobody knows', { apiKey: 'nobody' }, 'Runflow does not know this API key'],
		['a key that starts no runs', { apiKey: 'rf_svc_1' }, 'cannot start runs'],
		['an address where nothing is', { apiKey: 'rf_live_e2e', baseUrl: 'http://127.0.0.1:9' }, ''],
	])('says what is wrong with %s', async (_what, values, words) => {
		const { message, status } = await tested(values);
		expect(status).toBe('Error');
		expect(message).toContain(words);
		expect(message).not.toBe('');
	});
});

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
