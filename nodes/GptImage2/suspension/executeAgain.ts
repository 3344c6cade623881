import {
	NodeHelpers,
	type IExecuteData,
	type INodeExecutionData,
	type IRunExecutionData,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { z } from 'zod/v3';

import { saveAgain, type ExecutedAgain } from './suspension';

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/**
 * What n8n continues with once the execution is resumed. There is no method for it, so these are n8n's own
 * objects, not copies, because they are changed.
 */
const resumedSchema = z.object({
	executeData: z.custom<IExecuteData>((data) => isObject(data) && 'node' in Object(data)),
	runExecutionData: z.custom<IRunExecutionData>(isObject),
});

/**
 * Makes n8n execute the suspended node again, instead of only passing on what `webhook()` returns. So the
 * node can show hints above its output like any other, or fail, in which case its error workflow starts and
 * *Retry* finds what it needs. Returns the node's input items, for `webhook()` to return; null if this n8n
 * stores them elsewhere, so that executing it again isn't possible.
 */
export function executeAgain(
	context: IWebhookFunctions,
	again: ExecutedAgain,
): INodeExecutionData[] | null {
	const resumed = resumedSchema.safeParse(context);
	if (!resumed.success) return null;
	const { executeData, runExecutionData } = resumed.data;
	const source = executeData.source?.main?.[0];
	if (!source) return null;
	const { previousNode, previousNodeOutput = 0, previousNodeRun = 0 } = source;
	const before = runExecutionData.resultData.runData[previousNode]?.[previousNodeRun];
	const items = before?.data?.main?.[previousNodeOutput];
	if (!items || executeData.node.disabled !== true) return null;
	executeData.node.disabled = false;
	const nodeContext = NodeHelpers.getContext(runExecutionData, 'node', executeData.node);
	saveAgain(nodeContext, again);
	return items;
}
