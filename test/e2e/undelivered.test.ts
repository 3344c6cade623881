import type { N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { drawing, expectSuccess, itemsOf, until, useSimulator } from './support';

jest.setTimeout(120_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 500 });

/** A workflow of three pictures, one of which fails at its first try. */
async function failingWorkflow(prompt = '={{ $json.prompt }}'): Promise<string> {
	simulator.misbehave({ do: 'end-run', status: 'failed', match: 'A hen', times: 1 });
	const items = ['A fox', 'A hen', 'An owl'].map((word) => ({ prompt: word }));
	return await client.createWorkflow(drawing(items, { prompt }), credentialId);
}

const paid = () => simulator.runs.filter(({ end }) => end === 'succeeded').length;

describe('pressing Execute workflow again after one of three pictures failed, on a real n8n', () => {
	it('pays for the one that failed and outputs all three', async () => {
		const workflowId = await failingWorkflow();
		const failed = await client.executeToEnd(workflowId);
		expect(failed.status).toBe('error');
		expect(failed.data.resultData.error?.description).toContain("'Retry execution'");
		const again = await client.executeToEnd(workflowId);
		expectSuccess(again);
		const items = itemsOf(again);
		expect(items.map(({ json }) => json.prompt)).toEqual(['A fox', 'A hen', 'An owl']);
		expect(items.every(({ binary }) => binary?.data !== undefined)).toBe(true);
		expect(paid()).toBe(3);
		const [task] = again.data.resultData.runData['GPT Image 2'] ?? [];
		expect(task?.hints?.[0]?.message).toContain('2 pictures taken up from an earlier execution');
	});

	it('makes three new ones the time after that', async () => {
		const workflowId = await failingWorkflow();
		await client.executeToEnd(workflowId);
		await client.executeToEnd(workflowId);
		expectSuccess(await client.executeToEnd(workflowId));
		expect(paid()).toBe(6);
	});

	it('makes three new ones where Retry has output them already', async () => {
		const workflowId = await failingWorkflow();
		const failed = await client.executeToEnd(workflowId);
		expectSuccess(await client.retry(failed.id));
		expect(paid()).toBe(3);
		expectSuccess(await client.executeToEnd(workflowId));
		expect(paid()).toBe(6);
	});

	it('never pays again with Retry for a prompt with $now in it', async () => {
		const workflowId = await failingWorkflow('={{ $json.prompt }} at {{ $now.toMillis() }}');
		const failed = await client.executeToEnd(workflowId);
		const retried = await client.retry(failed.id);
		expectSuccess(retried);
		expect(itemsOf(retried)).toHaveLength(3);
		expect(paid()).toBe(3);
	});
});

describe('pressing Execute workflow again after a picture of a suspended node could not be downloaded, on a real n8n', () => {
	it.each(['stopWorkflow', 'continueRegularOutput'] as const)(
		'outputs it without paying for it again, with %s',
		async (onError) => {
			simulator.settings.runTime = 2000;
			simulator.misbehave({ do: 'expire-file', times: 4 });
			const workflow = drawing([{ prompt: 'A fox' }], { completion: 'suspend' }, onError);
			const workflowId = await client.createWorkflow(workflow, credentialId);
			const id = await client.execute(workflowId, 'Start');
			await until(async () => (await client.statusOf(id)) === 'waiting');
			const first = await client.finished(id);
			expectSuccess(first);
			const [row] = itemsOf(first);
			expect(row?.binary).toBeUndefined();
			expect(JSON.stringify(row?.json)).toContain('Execute the workflow again within a day');
			expect(JSON.stringify(row?.json)).not.toMatch(/retry this execution/i);
			await expect(client.retry(first.id)).rejects.toThrow('409');

			const again = await client.executeToEnd(workflowId);
			expectSuccess(again);
			expect(itemsOf(again).map(({ binary }) => binary?.data !== undefined)).toEqual([true]);
			expect(paid()).toBe(1);
			await client.executeToEnd(workflowId);
			expect(paid()).toBe(2);
		},
	);
});
