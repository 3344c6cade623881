import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { INode, INodeParameters, IWorkflowBase } from 'n8n-workflow';

/** Reads a golden workflow, as exported from n8n, with its GPT Image 2 node changed as the test needs it. */
export function goldenWorkflow(
	name: string,
	parameters: INodeParameters = {},
	settings: Partial<INode> = {},
): Pick<IWorkflowBase, 'nodes' | 'connections'> {
	const path = join(__dirname, 'workflows', `${name}.json`);
	const workflow = JSON.parse(readFileSync(path, 'utf8')) as IWorkflowBase;
	const nodes = workflow.nodes.map((node) =>
		node.name === 'GPT Image 2'
			? { ...node, ...settings, parameters: { ...node.parameters, ...parameters } }
			: node,
	);
	return { ...workflow, nodes };
}
