import type { INode } from 'n8n-workflow';

import type { ExportedWorkflow, N8nClient } from '../../scripts/n8n/client';
import type { Simulator } from '../../simulator/simulator';
import { expectSuccess, itemsOf, useSimulator } from './support';
import { itWith } from './versions';

jest.setTimeout(300_000);

let client: N8nClient;
let simulator: Simulator;
let credentialId: string;

useSimulator((stage) => ({ client, simulator, credentialId } = stage), { runTime: 2_500 });

let count = 0;

function node(name: string, type: string, typeVersion: number, parameters: INode['parameters']) {
	count += 1;
	const id = `d0c5a1de-4444-4a4a-8a8a-${String(count).padStart(12, '0')}`;
	return { id, name, type, typeVersion, position: [0, 0] as [number, number], parameters };
}

const start = () => node('Start', 'n8n-nodes-base.manualTrigger', 1, {});
const prompts = (number: number) =>
	node('Prompts', 'n8n-nodes-base.code', 2, {
		jsCode: `return Array.from({ length: ${number} }, (_, n) => ({ json: { prompt: 'picture ' + n } }));`,
	});
const suspended = (
	name: string,
	{ prompt = '={{ $json.prompt }}', timeout = 200 as number | string } = {},
) =>
	node(name, 'n8n-nodes-runflow.gptImage2', 1, {
		simplify: false,
		prompt,
		completion: 'suspend',
		options: { timeout },
	});

/** Connections `[from, to]`, with the number of the output where it is not the first. */
function connected(...links: Array<[string, string, number?]>): ExportedWorkflow['connections'] {
	const connections: ExportedWorkflow['connections'] = {};
	for (const [from, to, output = 0] of links) {
		const main = (connections[from] ??= { main: [] }).main ?? [];
		while (main.length <= output) main.push([]);
		main[output]?.push({ node: to, type: 'main', index: 0 });
	}
	return connections;
}

describe('an execution that is suspended more than once', () => {
	it('comes out of a loop with the image of each round', async () => {
		const workflow: ExportedWorkflow = {
			name: 'Loop that suspends twice',
			nodes: [
				start(),
				prompts(2),
				node('Loop', 'n8n-nodes-base.splitInBatches', 3, { batchSize: 1, options: {} }),
				suspended('GPT Image 2'),
			],
			connections: connected(
				['Start', 'Prompts'],
				['Prompts', 'Loop'],
				['Loop', 'GPT Image 2', 1],
				['GPT Image 2', 'Loop'],
			),
		};
		const execution = await client.executeToEnd(
			await client.createWorkflow(workflow, credentialId),
			'Start',
			200_000,
		);
		expectSuccess(execution);
		const rounds = execution.data.resultData.runData['GPT Image 2'] ?? [];
		const items = rounds.flatMap((round) => round.data?.main?.[0] ?? []);
		expect(items.map(({ json }) => [json.prompt, json.timed_out])).toEqual([
			['picture 0', false],
			['picture 1', false],
		]);
		expect(items.every(({ binary }) => binary?.data)).toBe(true);
		expect(simulator.runs).toHaveLength(2);
	});

	it('is not disturbed in its second suspension by a resume of the first whose picture took too long', async () => {
		const misbehave = () => {
			simulator.behave();
			simulator.misbehave({ do: 'slow-file', milliseconds: 90_000, match: 'picture 0' });
			simulator.misbehave({ do: 'time-run', milliseconds: 110_000, match: 'picture 1' });
		};
		misbehave();
		const workflow: ExportedWorkflow = {
			name: 'Loop with a slow resume',
			nodes: [
				start(),
				prompts(2),
				node('Loop', 'n8n-nodes-base.splitInBatches', 3, { batchSize: 1, options: {} }),
				suspended('GPT Image 2', { timeout: '={{ $runIndex === 0 ? 10 : 300 }}' }),
			],
			connections: connected(
				['Start', 'Prompts'],
				['Prompts', 'Loop'],
				['Loop', 'GPT Image 2', 1],
				['GPT Image 2', 'Loop'],
			),
		};
		const workflowId = await client.createWorkflow(workflow, credentialId);
		let execution = await client.executeToEnd(workflowId, 'Start', 280_000);
		// Once a minute n8n sets timers for deadlines that are near; one of the first suspension ends the second, too.
		if (simulator.runs.some(({ endsAt }) => endsAt > Date.now())) {
			simulator.runs.length = 0;
			misbehave();
			execution = await client.executeToEnd(workflowId, 'Start', 280_000);
		}
		expectSuccess(execution);
		const rounds = execution.data.resultData.runData['GPT Image 2'] ?? [];
		const items = rounds.flatMap((round) => round.data?.main?.[0] ?? []);
		expect(items.map(({ json }) => json)).toMatchObject([
			{ prompt: 'picture 0', timed_out: false, failure: { code: 'DOWNLOAD_FAILED' } },
			{ prompt: 'picture 1', timed_out: false, failure: null },
		]);
		expect(simulator.runs).toHaveLength(2);
	});

	it('goes through two suspended nodes, each with its own image', async () => {
		const workflow: ExportedWorkflow = {
			name: 'Two suspended nodes',
			nodes: [
				start(),
				prompts(1),
				suspended('First'),
				suspended('GPT Image 2', { prompt: 'the second' }),
			],
			connections: connected(['Start', 'Prompts'], ['Prompts', 'First'], ['First', 'GPT Image 2']),
		};
		const execution = await client.executeToEnd(
			await client.createWorkflow(workflow, credentialId),
		);
		expectSuccess(execution);
		expect(itemsOf(execution, 'First').map(({ json }) => json.prompt)).toEqual(['picture 0']);
		expect(itemsOf(execution).map(({ json }) => json.prompt)).toEqual(['the second']);
		expect(simulator.runs).toHaveLength(2);
	});

	it.each(['x }} y', 'Step 2. constructor', `a "b" 'c' \\`])(
		'wakes although its node is named %s',
		async (name) => {
			const workflow: ExportedWorkflow = {
				name: 'Odd name',
				nodes: [start(), prompts(1), suspended(name)],
				connections: connected(['Start', 'Prompts'], ['Prompts', name]),
			};
			const execution = await client.executeToEnd(
				await client.createWorkflow(workflow, credentialId),
			);
			expectSuccess(execution);
			expect(itemsOf(execution, name).every(({ binary }) => binary?.data)).toBe(true);
		},
	);
});

describe('a sub-workflow that is suspended', () => {
	itWith('the items of a sub-workflow that slept')(
		'hands its image to the parent that waits for it',
		async () => {
			const child: ExportedWorkflow = {
				name: 'Suspended sub-workflow',
				nodes: [
					node('Called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, {
						inputSource: 'passthrough',
					}),
					suspended('GPT Image 2'),
				],
				connections: connected(['Called', 'GPT Image 2']),
			};
			const childId = await client.createWorkflow(child, credentialId);
			const parent: ExportedWorkflow = {
				name: 'Parent that waits',
				nodes: [
					start(),
					prompts(1),
					node('Call', 'n8n-nodes-base.executeWorkflow', 1.2, {
						workflowId: { __rl: true, mode: 'id', value: childId },
						options: {},
					}),
				],
				connections: connected(['Start', 'Prompts'], ['Prompts', 'Call']),
			};
			const execution = await client.executeToEnd(
				await client.createWorkflow(parent, credentialId),
				'Start',
				200_000,
			);
			expectSuccess(execution);
			const [item] = itemsOf(execution, 'Call');
			expect([item?.json.prompt, item?.json.timed_out]).toEqual(['picture 0', false]);
			expect(item?.binary?.data).toBeDefined();
			expect(simulator.runs).toHaveLength(1);
		},
	);
});
