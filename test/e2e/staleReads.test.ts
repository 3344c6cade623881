import type { INodeParameters } from 'n8n-workflow';

import type { Execution, N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { drawing, expectSuccess, itemsOf, useSimulator } from './support';

jest.setTimeout(120_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), {
	runTime: 300,
	unknownFor: 5_000,
});

const prompts = (...words: string[]) => words.map((prompt) => ({ prompt }));
const three = prompts('a fox', 'a hen', 'an owl');

async function create(items: typeof three, parameters: INodeParameters = {}): Promise<string> {
	return await client.createWorkflow(drawing(items, parameters), credentialId);
}

/** Expects a picture for each of these items, of a run of its own, and that nothing else was paid for. */
function expectPictures(execution: Execution, items: typeof three): void {
	expectSuccess(execution);
	const output = itemsOf(execution);
	expect(output.map(({ json }) => json.prompt)).toEqual(items.map(({ prompt }) => prompt));
	expect(output.every(({ binary }) => binary?.data !== undefined)).toBe(true);
	expect(new Set(output.map(({ json }) => json.run_id)).size).toBe(items.length);
	expect(simulator.runs.filter(({ end }) => end === 'succeeded')).toHaveLength(items.length);
}

/** Words that would have a user pay again. */
const costlyAdvice = /new execution|pays for|start(s)? (a )?new/i;

/** Expects that a node said nothing that costs money, neither in its error nor above its output. */
function expectNoCostlyAdvice({ data }: Execution): void {
	const { error, runData } = data.resultData;
	const hints = runData['GPT Image 2']?.at(-1)?.hints ?? [];
	expect(
		[error?.message, error?.description, ...hints.map(({ message }) => message)].join(),
	).not.toMatch(costlyAdvice);
}

describe('while single reads do not find new runs, on a real n8n', () => {
	it.each([
		['one item that polls', 'poll', prompts('a fox')],
		['one item that is suspended', 'suspend', prompts('a fox')],
		['three items that poll, though lists are behind as well', 'poll', three],
		['three items that are suspended, though lists are behind as well', 'suspend', three],
	])('each picture arrives and is paid once: %s', async (_name, completion, items) => {
		simulator.settings.unlistedFor = items.length > 1 ? 5_000 : 0;
		const execution = await client.executeToEnd(await create(items, { completion }));
		expectPictures(execution, items);
		expectNoCostlyAdvice(execution);
		expect(simulator.requests['GET /v1/runs/:id']).toBeGreaterThan(1);
	});

	it('a Retry that comes at once gets the picture that its execution gave up on', async () => {
		const items = prompts('a fox');
		const options = { timeout: 1, pollInterval: 0.2 };
		const failed = await client.executeToEnd(await create(items, { options }));
		expect(failed.data.resultData.error?.description).toContain('Retry this execution');
		expectNoCostlyAdvice(failed);
		const stillUnknown = await client.retry(failed.id);
		expect(stillUnknown.status).toBe('error');
		expectNoCostlyAdvice(stillUnknown);
		simulator.settings.unknownFor = 0;
		expectPictures(await client.retry(stillUnknown.id), items);
	});

	it("pressing Execute workflow again at once takes up what the failed node's runs paid for", async () => {
		simulator.misbehave({ do: 'refuse-create', status: 402, match: 'an owl' });
		const workflowId = await create(three);
		const failed = await client.executeToEnd(workflowId);
		expect(failed.status).toBe('error');
		expectNoCostlyAdvice(failed);
		expectPictures(await client.executeToEnd(workflowId), three);
	});

	it('another workflow that reuses earlier runs waits for the ones that are pending', async () => {
		expectSuccess(await client.executeToEnd(await create(three, { completion: 'none' })));
		const reusing = await create(three, { options: { reuse: 24 } });
		expectPictures(await client.executeToEnd(reusing), three);
	});
});
