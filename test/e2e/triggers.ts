import { randomUUID } from 'node:crypto';

import type { INodeParameters } from 'n8n-workflow';

import type { Execution, N8nClient } from '../../scripts/n8n/client';
import { listExecutions } from '../../scripts/n8n/executions';
import { goldenWorkflow } from './support';

/** A saved workflow that starts with the trigger, and the last parts of its URLs. */
export interface SavedTrigger {
	workflowId: string;
	path: string;
}

/** Saves a golden workflow that starts with the trigger, under a URL of its own. */
export async function saveTrigger(
	client: N8nClient,
	golden: string,
	parameters: INodeParameters,
	credentialId: string,
): Promise<SavedTrigger> {
	const webhookId = randomUUID();
	const workflow = goldenWorkflow(golden);
	const nodes = workflow.nodes.map((node) =>
		node.type === 'n8n-nodes-runflow.gptImage2Trigger'
			? { ...node, webhookId, parameters: { ...node.parameters, ...parameters } }
			: node,
	);
	const workflowId = await client.createWorkflow({ ...workflow, nodes }, credentialId);
	return { workflowId, path: `${webhookId}/runflow` };
}

/** All executions of a workflow, once they have finished. */
export async function executionsOf(client: N8nClient, workflowId: string): Promise<Execution[]> {
	const listed = await listExecutions(client, { workflowId });
	return await Promise.all(listed.map(async ({ id }) => await client.finished(id)));
}
