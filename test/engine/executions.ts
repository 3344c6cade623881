import type { INode, INodeParameters } from 'n8n-workflow';

import { runWorkflow, type EngineOptions, type EngineResult } from './harness';
import { goldenWorkflow } from './workflows';

/** Parameters of a node that reads its runs ten times a second. */
export const fast = { options: { pollInterval: 0.1 } };

/** An input item for each prompt. */
export const items = (...prompts: string[]) => prompts.map((prompt) => ({ json: { prompt } }));

let executions = 0;

/** One more execution of the workflow, as 'Execute workflow' starts it, of three items unless said. */
export async function execute(
	{ settings, ...more }: Partial<EngineOptions> & { settings?: Partial<INode> } = {},
	parameters: INodeParameters = {},
): Promise<EngineResult> {
	const workflow = goldenWorkflow('generate', { ...fast, ...parameters }, settings ?? {});
	const executionId = String(3000 + (executions += 1));
	return await runWorkflow(workflow, { input: items('p0', 'p1', 'p2'), executionId, ...more });
}

/** The run ids that an execution put out. */
export const idsOf = ({ items: out }: EngineResult) => out.map(({ json }) => json.run_id);
