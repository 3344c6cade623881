import { setTimeout as sleep } from 'node:timers/promises';

import type { INodeParameters } from 'n8n-workflow';

import type { Execution, N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { expectSuccess, goldenWorkflow, itemsOf, until, useSimulator } from './support';

jest.setTimeout(240_000);

/**
 * How long the API is down: longer than a request is repeated at once, and shorter than it takes to give
 * up.
 */
const goneForMs = 30_000;

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 2000 });

/** Starts the workflow of twenty prompts, with automatic concurrency unless told otherwise. */
async function start(completion: string, options: INodeParameters = {}): Promise<string> {
	const parameters = { completion, options: { concurrency: 0, ...options } };
	const workflow = goldenWorkflow('twenty-items', { parameters });
	return await client.execute(await client.createWorkflow(workflow, credentialId), 'Start');
}

/** Expects twenty images, and twenty runs on the books of the API. */
function expectAllImages(execution: Execution): void {
	expectSuccess(execution);
	expect(itemsOf(execution).filter(({ binary }) => binary?.data)).toHaveLength(20);
	const runIds = itemsOf(execution).map(({ json }) => json.run_id);
	expect([...runIds].sort()).toEqual(simulator.runs.map(({ id }) => id).sort());
}

const isWaiting = async (id: string) => (await client.statusOf(id)) === 'waiting';

/** What must be the case before the API goes down, by what the execution does then. */
const moments: Array<[string, string, (id: string) => boolean | Promise<boolean>]> = [
	['creates its runs', 'poll', () => simulator.runs.length > 0],
	['waits for its runs', 'poll', () => simulator.runs.length === 20],
	['creates its runs, to be suspended', 'suspend', () => simulator.runs.length > 0],
	['is suspended', 'suspend', isWaiting],
];

describe('faults of the API, on a real n8n', () => {
	it.each(['poll', 'suspend'])(
		'lose no image and pay for none twice where every other request is answered with 429, under %s',
		async (completion) => {
			simulator.settings.refuseEvery = 2;
			expectAllImages(await client.finished(await start(completion), 200_000));
		},
	);

	it.each(['poll', 'suspend'])(
		'fail no item where the API accepts five runs at once, under %s',
		async (completion) => {
			simulator.settings.mostPendingRuns = 5;
			expectAllImages(await client.finished(await start(completion), 200_000));
		},
	);

	it.each(moments)(
		'lose no image and pay for none twice where the API is gone for a while when the execution %s',
		async (_moment, completion, hasCome) => {
			const id = await start(completion);
			await until(async () => await hasCome(id));
			simulator.settings.isGone = true;
			await sleep(goneForMs);
			simulator.settings.isGone = false;
			expectAllImages(await client.finished(id, 200_000));
		},
	);

	it('need fewer reads than there are runs that end one by one, most of which do not call back', async () => {
		for (let number = 0; number < 20; number++) {
			const milliseconds = 3000 + number * 400;
			simulator.misbehave({ do: 'time-run', milliseconds, match: `number ${number}.` });
		}
		simulator.misbehave({ do: 'omit-callback', match: 'number 17.' });
		expectAllImages(await client.finished(await start('suspend'), 200_000));
		const lists = simulator.requests['GET /v1/runs'] ?? 0;
		expect(lists).toBeLessThan(20);
		// Each list is checked by a read of one run that it shows as pending.
		expect(simulator.requests['GET /v1/runs/:id'] ?? 0).toBeLessThanOrEqual(lists);
		const callers = simulator.runs.filter(({ request }) => request.callback_url);
		expect(callers).toHaveLength(4);
	});

	it('wake every one of 60 suspended executions whose runs end together', async () => {
		const endsAt = Date.now() + 40_000;
		const workflow = goldenWorkflow('twenty-items', { parameters: { completion: 'suspend' } });
		const nodes = workflow.nodes.map((node) =>
			node.name === 'Prompts'
				? { ...node, parameters: { jsCode: "return [{ json: { prompt: 'together' } }];" } }
				: node,
		);
		const workflowId = await client.createWorkflow({ ...workflow, nodes }, credentialId);
		const ids: string[] = [];
		for (let number = 0; number < 60; number++) {
			simulator.settings.runTime = Math.max(0, endsAt - Date.now());
			ids.push(await client.execute(workflowId, 'Start'));
		}
		const executions = await Promise.all(ids.map(async (id) => await client.finished(id, 200_000)));
		for (const execution of executions) expectSuccess(execution);
		const images = executions.map((execution) => itemsOf(execution)[0]);
		expect(images.filter((item) => item?.binary?.data)).toHaveLength(60);
		expect(new Set(images.map((item) => item?.json.run_id)).size).toBe(60);
		expect(simulator.runs).toHaveLength(60);
	});
});
