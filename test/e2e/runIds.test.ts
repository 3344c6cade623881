import type { INodeListSearchResult } from 'n8n-workflow';

import type { N8nClient } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { connect, credentialFor, expectSuccess, goldenWorkflow, itemsOf, until } from './support';

jest.setTimeout(120_000);

let client: N8nClient;
let simulator: Simulator;

beforeAll(async () => {
	client = await connect();
	simulator = await startSimulator({ runTime: 0 });
});
afterAll(async () => await simulator.close());

async function startRun(prompt: string, more: object = {}): Promise<string> {
	const answer = await fetch(`${simulator.url}/v1/models/openai/gpt-image-2/runs`, {
		method: 'POST',
		headers: { authorization: 'Bearer rf_live_x', 'content-type': 'application/json' },
		body: JSON.stringify({ input: { prompt, quality: 'low', image_size: 'square' }, ...more }),
	});
	return ((await answer.json()) as { id: string }).id;
}

/** Asks for a list as the editor does when the field is opened, searched or scrolled. */
async function list(credentialId: string, methodName: string, more: object = {}) {
	return await client.send<INodeListSearchResult>(
		'POST',
		'/rest/dynamic-node-parameters/resource-locator-results',
		{
			path: 'parameters.runId',
			nodeTypeAndVersion: { name: 'n8n-nodes-runflow.gptImage2', version: 1 },
			currentNodeParameters: { resource: 'run', operation: 'get', options: {} },
			credentials: { runflowApi: { id: credentialId, name: 'Runflow API' } },
			methodName,
			...more,
		},
	);
}

describe("the field 'Run ID' on a real n8n", () => {
	it('lists runs that read well, newest first, to be scrolled and searched', async () => {
		const credentialId = await credentialFor(client, simulator);
		const ids: string[] = [];
		for (let number = 0; number < 130; number++) {
			ids.unshift(await startRun(`a brass sign, number ${number}`));
		}
		const first = await list(credentialId, 'searchRuns');
		expect(first.results.map(({ value }) => value)).toEqual(ids.slice(0, 100));
		expect(first.results[0]?.name).toMatch(
			/^a brass sign, number 129 · succeeded · \d+ \w+, \d\d:\d\d$/,
		);
		const { paginationToken } = first;
		const rest = await list(credentialId, 'searchRuns', { paginationToken });
		expect(rest.results.map(({ value }) => value)).toEqual(ids.slice(100));
		expect(rest.paginationToken).toBeUndefined();
		const found = await list(credentialId, 'searchRuns', { filter: 'Sign 7 NUMBER' });
		expect(found.results.length).toBeGreaterThan(1);
		expect(found.results.every(({ name }) => name.includes('7'))).toBe(true);
		const byId = await list(credentialId, 'searchRuns', { filter: ids[120] });
		expect(byId.results.map(({ value }) => value)).toEqual([ids[120]]);
	});

	it("lists only runs with images for 'Earlier Run'", async () => {
		const credentialId = await credentialFor(client, simulator);
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'fails' });
		await startRun('fails');
		const fine = await startRun('fine');
		const all = await list(credentialId, 'searchRuns');
		expect(all.results.slice(0, 2).map(({ name }) => name.split(' · ')[1])).toEqual([
			'succeeded',
			'failed',
		]);
		const withImages = await list(credentialId, 'searchRunsWithImages');
		expect(withImages.results[0]?.value).toBe(fine);
		expect(withImages.results.map(({ name }) => name).join()).not.toContain('fails');
	});

	it('says in plain words that the key is wrong, or that nothing answers', async () => {
		const data = { baseUrl: simulator.url, organizationId: '', signingSecrets: '' };
		const noKey = await client.createCredential({ ...data, apiKey: 'rf-live_wrong' });
		await expect(list(noKey, 'searchRuns')).rejects.toThrow('Runflow did not accept the API key');
		const nowhere = await credentialFor(client, { url: 'http://127.0.0.1:9' });
		await expect(list(nowhere, 'searchRuns')).rejects.toThrow('Runflow could not be reached');
	});

	it('takes what workflows have that were saved when it was plain text', async () => {
		const runId = await startRun('a sign', { callback_url: `${simulator.url}/v1/health` });
		await until(async () => simulator.deliveries.some((delivery) => delivery.runId === runId));
		const golden = goldenWorkflow('older-run-ids');
		const text = JSON.stringify(golden).replace('01970c11-2222-7333-8444-555566667777', runId);
		const workflow = JSON.parse(text) as typeof golden;
		const credentialId = await credentialFor(client, simulator);
		const execution = await client.executeToEnd(
			await client.createWorkflow(workflow, credentialId),
		);
		expectSuccess(execution);
		expect(itemsOf(execution, 'Get')[0]?.binary?.data).toBeDefined();
		expect(itemsOf(execution)[0]?.json.run_id).toBe(runId);
	});
});
