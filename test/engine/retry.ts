import type { INode, INodeParameters, IRun } from 'n8n-workflow';

import { runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

/** n8n's Retry: a new execution that goes on with the state of the one that failed. */
export async function retry(
	{ data }: IRun,
	parameters: INodeParameters,
	settings: Partial<INode> = {},
	executionId = '232',
) {
	delete data.resultData.error;
	data.resultData.runData['GPT Image 2']?.pop();
	const workflow = goldenWorkflow('generate', parameters, settings);
	const node = workflow.nodes.find(({ name }) => name === 'GPT Image 2');
	const [next] = data.executionData?.nodeExecutionStack ?? [];
	if (node && next) next.node = node;
	return await runWorkflow(workflow, { input: [], resume: data, executionId, mode: 'retry' });
}
