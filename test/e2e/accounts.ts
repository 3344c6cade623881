import type { IDataObject } from 'n8n-workflow';

import type { ExportedWorkflow, N8nClient } from '../../scripts/n8n/client';

/** A credential of another service, and the types of the nodes that use it. */
export interface Account {
	/** n8n's name of the credential's type. */
	type: string;
	data: IDataObject;
	nodeTypes: string[];
}

/** Saves a credential and chooses it in a workflow's nodes, as a user does after an import. */
export async function withAccount(
	client: N8nClient,
	workflow: ExportedWorkflow,
	{ type, data, nodeTypes }: Account,
): Promise<ExportedWorkflow> {
	const name = `Account for ${type}`;
	const { id } = await client.send<{ id: string }>('POST', '/rest/credentials', {
		name,
		type,
		data,
	});
	const nodes = workflow.nodes.map((node) =>
		nodeTypes.includes(node.type) ? { ...node, credentials: { [type]: { id, name } } } : node,
	);
	return { ...workflow, nodes };
}
