import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { settle } from '../../../runflow/settle';
import { toNodeError } from '../errors/nodeErrors';
import { isTool } from '../parameters/image';
import { toToolError } from '../output/tool';
import { getCallbackDeliveries, redeliverCallback } from './run/redeliverCallback';
import { edit } from './image/edit';
import { generate } from './image/generate';
import { getManyRuns } from './run/getMany';
import { getRun } from './run/get';

/** One operation of the node: the items of the context in, items out. */
type Operation = (context: IExecuteFunctions) => Promise<INodeExecutionData[]>;

const operations: Readonly<Record<string, Operation>> = {
	'image edit': edit,
	'image generate': generate,
	'run get': getRun,
	'run getCallbackDeliveries': getCallbackDeliveries,
	'run getMany': getManyRuns,
	'run redeliverCallback': redeliverCallback,
};

/**
 * Runs the node's operation. As a tool of an agent, a failure is a sentence for the model to act on and not an
 * error, which would end the agent.
 */
export async function runOperation(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	if (!isTool(context)) return await operationOf(context)(context);
	const result = await settle(async () => await operationOf(context)(context));
	if (result.ok) return result.value;
	return [toToolError(toNodeError(context.getNode(), result.error, 0), 0)];
}

/** The operation that the node's 'Resource' and 'Operation' name. Throws NodeOperationError for any other. */
function operationOf(context: IExecuteFunctions): Operation {
	const resource = context.getNodeParameter('resource', 0);
	const name = context.getNodeParameter('operation', 0);
	const operation = operations[`${String(resource)} ${String(name)}`];
	if (operation !== undefined) return operation;
	throw new NodeOperationError(
		context.getNode(),
		`'Operation' has the unknown value '${String(name)}'`,
		{
			description: "Choose 'Resource' and 'Operation' anew.",
		},
	);
}
