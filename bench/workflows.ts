import type { INode } from 'n8n-workflow';

import type { ExportedWorkflow } from '../scripts/n8n/client';
import { apiKey } from './n8n';

export type BenchNode = Pick<INode, 'name' | 'type' | 'typeVersion' | 'parameters'> &
	Partial<Pick<INode, 'credentials' | 'webhookId'>>;

/** A connection from one node to another, from its first output unless another is given. */
type Link = readonly [from: string, to: string, output?: number];

/** A workflow of these nodes; without links, each is followed by the next. */
export function workflowOf(name: string, nodes: BenchNode[], links?: Link[]): ExportedWorkflow {
	const inOrder = nodes.slice(1).map(({ name: to }, index): Link => [nodes[index]?.name ?? '', to]);
	const connections: ExportedWorkflow['connections'] = {};
	for (const [from, to, output = 0] of links ?? inOrder) {
		const { main = [] } = (connections[from] ??= { main: [] });
		while (main.length <= output) main.push([]);
		main[output]?.push({ node: to, type: 'main', index: 0 });
	}
	const placed = nodes.map((node, index) => ({
		...node,
		id: `node-${index}`,
		position: [index * 220, 0] as [number, number],
	}));
	return { name, nodes: placed, connections };
}

/** The nodes that start a manual execution with `count` prompts. */
export function prompts(count: number): BenchNode[] {
	const jsCode = `return Array.from({ length: ${count} }, (_, number) => ({ json: { prompt: 'picture ' + number } }));`;
	return [
		{ name: 'Start', type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, parameters: {} },
		{ name: 'Prompts', type: 'n8n-nodes-base.code', typeVersion: 2, parameters: { jsCode } },
	];
}

/** The nodes that start an execution for each POST to that path, with an item for each of `body.prompts`. */
export function posted(path: string): BenchNode[] {
	return [
		webhook(path),
		{
			name: 'Prompts',
			type: 'n8n-nodes-base.splitOut',
			typeVersion: 1,
			parameters: {
				fieldToSplitOut: 'body.prompts',
				options: { destinationFieldName: 'prompt' },
			},
		},
	];
}

/** n8n's own Webhook node, which answers at once. */
export function webhook(path: string): BenchNode {
	const parameters = { path, httpMethod: 'POST', responseMode: 'onReceived', options: {} };
	const type = 'n8n-nodes-base.webhook';
	return { name: 'Webhook', type, typeVersion: 2, webhookId: path, parameters };
}

/** The nodes that answer a POST to that path with `resumeUrl`, and wait until that URL is called. */
export function waitForCall(path: string): BenchNode[] {
	const start = webhook(path);
	return [
		{ ...start, parameters: { ...start.parameters, responseMode: 'responseNode' } },
		{
			name: 'Respond',
			type: 'n8n-nodes-base.respondToWebhook',
			typeVersion: 1.1,
			parameters: {
				respondWith: 'json',
				responseBody: '={{ { resumeUrl: $execution.resumeUrl } }}',
			},
		},
		{
			name: 'Wait',
			type: 'n8n-nodes-base.wait',
			typeVersion: 1.1,
			webhookId: `${path}-call`,
			parameters: { resume: 'webhook', httpMethod: 'POST', options: {} },
		},
	];
}

export const noOp: BenchNode = {
	name: 'NoOp',
	type: 'n8n-nodes-base.noOp',
	typeVersion: 1,
	parameters: {},
};

/** The node that is measured; without `concurrency` at its default. */
export function gptImage2({
	completion = 'poll',
	...options
}: {
	completion?: 'poll' | 'suspend';
	concurrency?: number;
	timeout?: number;
} = {}): BenchNode {
	return {
		name: 'GPT Image 2',
		type: 'n8n-nodes-runflow.gptImage2',
		typeVersion: 1.1,
		parameters: { prompt: '={{ $json.prompt }}', completion, options },
	};
}

/** n8n's OpenAI node, with a credential that points to the simulator. */
export function openAi(credentialId: string): BenchNode {
	return {
		name: 'OpenAI',
		type: '@n8n/n8n-nodes-langchain.openAi',
		typeVersion: 2.3,
		parameters: {
			resource: 'image',
			operation: 'generate',
			modelId: { __rl: true, mode: 'id', value: 'gpt-image-1-mini' },
			prompt: '={{ $json.prompt }}',
			options: {},
		},
		credentials: { openAiApi: { id: credentialId, name: 'OpenAI' } },
	};
}

const loop: Link[] = [
	['Create', 'Wait'],
	['Wait', 'Read'],
	['Read', 'Ended?'],
	['Ended?', 'Download', 0],
	['Ended?', 'Wait', 1],
];

/** What a user without this node builds: create, then wait and read until the run has ended, then download. */
export function byHand(name: string, url: string, start: BenchNode[]): ExportedWorkflow {
	const condition = {
		leftValue: '={{ $json.status_code }}',
		rightValue: 'succeeded',
		operator: { type: 'string', operation: 'equals' },
	};
	const nodes: BenchNode[] = [
		http('Create', {
			method: 'POST',
			url: `${url}/v1/models/openai/gpt-image-2/runs`,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: '={{ { input: { prompt: $json.prompt } } }}',
		}),
		{
			name: 'Wait',
			type: 'n8n-nodes-base.wait',
			typeVersion: 1.1,
			parameters: { amount: 2, unit: 'seconds' },
		},
		http('Read', { url: `=${url}/v1/runs/{{ $json.id }}` }),
		{
			name: 'Ended?',
			type: 'n8n-nodes-base.if',
			typeVersion: 2,
			parameters: { conditions: { options: {}, conditions: [condition], combinator: 'and' } },
		},
		{
			name: 'Download',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: {
				url: '={{ $json.output.outputs[0].url }}',
				options: { response: { response: { responseFormat: 'file' } } },
			},
		},
	];
	const before: Link[] = [...start, ...nodes.slice(0, 1)]
		.map(({ name: node }) => node)
		.flatMap((node, index, all) => (index === 0 ? [] : [[all[index - 1] ?? '', node] as const]));
	return workflowOf(name, [...start, ...nodes], [...before, ...loop]);
}

function http(name: string, parameters: INode['parameters']): BenchNode {
	const authorization = { name: 'Authorization', value: `Bearer ${apiKey}` };
	return {
		name,
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			sendHeaders: true,
			headerParameters: { parameters: [authorization] },
			options: {},
			...parameters,
		},
	};
}
