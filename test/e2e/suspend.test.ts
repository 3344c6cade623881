import type { N8nClient } from '../../scripts/n8n/client';
import { listExecutions } from '../../scripts/n8n/executions';
import type { Simulator } from '../../simulator/simulator';
import {
	drawing,
	expectSuccess,
	goldenWorkflow,
	itemsOf,
	type NodeChange,
	until,
	useSimulator,
} from './support';

jest.setTimeout(240_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 2000 });

async function start(change: NodeChange = {}) {
	const parameters = { completion: 'suspend', ...change.parameters };
	const workflow = goldenWorkflow('twenty-items', { ...change, parameters });
	return await client.execute(await client.createWorkflow(workflow, credentialId), 'Start');
}

describe('suspend until callback, on a real n8n', () => {
	it('sleeps while 20 runs are pending, and resumes once with 20 images', async () => {
		const id = await start();
		await until(async () => (await client.statusOf(id)) === 'waiting');
		const execution = await client.finished(id);
		expectSuccess(execution);
		const items = itemsOf(execution);
		expect(items.map(({ json }) => json.prompt)).toEqual(
			Array.from({ length: 20 }, (_, number) => `picture number ${number}.`),
		);
		expect(items.filter(({ binary }) => binary?.data)).toHaveLength(20);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
			Array.from({ length: 20 }, (_, item) => ({ item })),
		);
		expect(simulator.runs).toHaveLength(20);
	});

	it('says above the images what came out, and what Runflow charged', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'number 3.' });
		const execution = await client.finished(await start({ onError: 'continueRegularOutput' }));
		expectSuccess(execution);
		const hints = execution.data.resultData.runData['GPT Image 2']?.at(-1)?.hints ?? [];
		expect(hints.map(({ message }) => message)).toEqual([
			'19 images from 19 runs, 1 failed, cost reported by Runflow: $2.527.',
		]);
		expect(itemsOf(execution)).toHaveLength(20);
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'ends with Retry On Fail and %s, though the first run fails each time',
		async (onError) => {
			simulator.misbehave({ do: 'end-run', status: 'failed', match: 'number 0.', times: 0 });
			const execution = await client.finished(await start({ onError, retryOnFail: true }));
			expectSuccess(execution);
			const items = [0, 1].flatMap((output) => itemsOf(execution, 'GPT Image 2', output));
			expect(items.filter(({ binary }) => binary?.data)).toHaveLength(19);
			expect(items).toHaveLength(20);
			expect(simulator.runs).toHaveLength(20);
		},
	);

	it('is woken by a callback that comes only seconds before its deadline', async () => {
		simulator.settings.runTime = 12_000;
		const workflow = drawing([{ prompt: 'a late picture' }], {
			completion: 'suspend',
			options: { timeout: 16 },
		});
		const id = await client.execute(await client.createWorkflow(workflow, credentialId), 'Start');
		const execution = await client.finished(id);
		expectSuccess(execution);
		expect(itemsOf(execution).filter(({ binary }) => binary?.data)).toHaveLength(1);
	});

	it('is watched over by an alarm that shows no signed URL, and is gone with it', async () => {
		simulator.settings.runTime = 6_000;
		const id = await start();
		await until(async () => (await client.statusOf(id)) === 'waiting');
		const { workflowId } = await client.execution(id);
		const waiting = async () =>
			(await listExecutions(client, { workflowId, statuses: ['waiting'] })).map((one) => one.id);
		const [alarm = ''] = (await waiting()).filter((one) => one !== id);
		const { data, workflowData } = await client.execution(alarm);
		expect(JSON.stringify([data.resultData, workflowData])).not.toMatch(
			/webhook-waiting|signature=/,
		);
		const { parameters } = workflowData.nodes.at(-1) ?? {};
		expect(parameters).toEqual({ resource: 'suspension', operation: 'watch' });
		expectSuccess(await client.finished(id));
		await until(async () => (await waiting()).length === 0);
	});

	it('continues without sleeping when all runs have ended before it would sleep', async () => {
		simulator.settings.runTime = 0;
		const execution = await client.finished(await start());
		expectSuccess(execution);
		expect(itemsOf(execution).filter(({ binary }) => binary?.data)).toHaveLength(20);
	});

	it.each(['early-callback', 'repeat-callback', 'late-callback', 'forge-callback'] as const)(
		'ends with all images under %s',
		async (rule) => {
			simulator.misbehave({ do: rule, times: 20 });
			const execution = await client.finished(await start());
			expectSuccess(execution);
			expect(itemsOf(execution).filter(({ binary }) => binary?.data)).toHaveLength(20);
		},
	);

	it('sends failed runs to the error output, and the others with their images to the other', async () => {
		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'number 3.' });
		const execution = await client.finished(await start({ onError: 'continueErrorOutput' }));
		expectSuccess(execution);
		const items = itemsOf(execution);
		expect([items.length, items.every(({ binary }) => binary?.data)]).toEqual([19, true]);
		const failed = itemsOf(execution, 'GPT Image 2', 1);
		expect(failed.map(({ json }) => [json.prompt, json.error])).toEqual([
			[
				'picture number 3.',
				expect.stringMatching(/^Picture 4 of 20 .* was not made: its run failed$/),
			],
		]);
	});

	it('outputs the handles, marked as timed out, when the deadline passes', async () => {
		simulator.settings.runTime = 600_000;
		const id = await start({ parameters: { options: { concurrency: 20, timeout: 5 } } });
		const execution = await client.finished(id, 150_000);
		expectSuccess(execution);
		expect(itemsOf(execution)).toHaveLength(20);
		expect(itemsOf(execution)[7]?.json).toMatchObject({
			run_id: simulator.runs.find(({ request }) => request.input.prompt.includes('number 7.'))?.id,
			timed_out: true,
			status: 'queued',
		});
		expect(itemsOf(execution, 'Prompts')[7]?.json).toEqual({ prompt: 'picture number 7.' });
	});
});
