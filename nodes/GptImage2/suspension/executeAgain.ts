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

/** What n8n goes on with once the execution is resumed, and has no method for: the very objects, because they are changed. */
const resumedSchema = z.object({
	executeData: z.custom<IExecuteData>((data) => isObject(data) && 'node' in Object(data)),
	runExecutionData: z.custom<IRunExecutionData>(isObject),
});

/**
 * Has n8n execute the suspended node again, where it else only passes on what `webhook()` returns: so the node
 * says what came out like any other, or fails, its error workflow starts, and *Retry* finds what it needs.
 * Returns the items that the node was given, for `webhook()` to return; null where this n8n keeps them
 * elsewhere, so that this can't be had.
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
