import type { N8nClient } from '../../../scripts/n8n/client';
import { listExecutions } from '../../../scripts/n8n/executions';
import { goldenWorkflow, until, type NodeChange } from '../support';

/** With this timeout the alarm rings 85 seconds after the suspension, and 15 before the deadline. */
const timeout = 100;

/** Starts an execution of one prompt, and returns its id once it is suspended. */
export async function startSuspended(
	client: N8nClient,
	credentialId: string,
	prompt: string,
	change: NodeChange = {},
): Promise<string> {
	const parameters = { completion: 'suspend', options: { timeout }, ...change.parameters };
	const golden = goldenWorkflow('twenty-items', { ...change, parameters });
	const nodes = golden.nodes.map((node) =>
		node.name === 'Prompts'
			? { ...node, parameters: { jsCode: `return [{ json: { prompt: '${prompt}' } }];` } }
			: node,
	);
	const workflowId = await client.createWorkflow({ ...golden, nodes }, credentialId);
	const id = await client.execute(workflowId, 'Start');
	await until(async () => (await client.statusOf(id)) === 'waiting');
	return id;
}

/** The executions that still wait, alarms included. */
export async function waiting(client: N8nClient): Promise<string[]> {
	return (await listExecutions(client, { statuses: ['waiting'] })).map(({ id }) => id);
}
