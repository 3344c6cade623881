import type { INode } from 'n8n-workflow';

import type { ExportedWorkflow, N8nClient } from '../../scripts/n8n/client';
import { goldenWorkflow, type NodeChange } from '../e2e/support';

/** The golden workflow of the e2e tests with this many prompts in place of 20. */
export function prompts(count: number, change: NodeChange = {}): ExportedWorkflow {
	return withNode(goldenWorkflow('twenty-items', change), 'Prompts', (node) => ({
		...node,
		parameters: {
			jsCode: `return Array.from({ length: ${count} }, (_, number) => ({ json: { prompt: \`picture number \${number}.\` } }));`,
		},
	}));
}

/** The same workflow with a webhook of that path in place of its manual trigger, so that it can be published. */
export function startedByWebhook(workflow: ExportedWorkflow, path: string): ExportedWorkflow {
	return withNode(workflow, 'Start', (node) => ({
		...node,
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		parameters: { httpMethod: 'POST', path, options: {} },
		webhookId: path,
	}));
}

/** The id of a workflow's newest execution, null as long as there is none. */
export async function newestExecution(
	client: N8nClient,
	workflowId: string,
): Promise<string | null> {
	const filter = encodeURIComponent(JSON.stringify({ workflowId }));
	const { results } = await client.send<{ results: Array<{ id: string }> }>(
		'GET',
		`/rest/executions?filter=${filter}&limit=1`,
	);
	return results[0]?.id ?? null;
}

/** What n8n says of an execution now. */
export async function statusOf(client: N8nClient, id: string): Promise<string> {
	return (await client.send<{ status: string }>('GET', `/rest/executions/${id}`)).status;
}

function withNode(
	workflow: ExportedWorkflow,
	name: string,
	change: (node: INode) => INode,
): ExportedWorkflow {
	const nodes = workflow.nodes.map((node) => (node.name === name ? change(node) : node));
	return { ...workflow, nodes };
}
