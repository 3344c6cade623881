import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { getCallbackDeliveries, redeliverCallback } from './callbacks';
import { edit } from './edit';
import { generate } from './generate';
import { getManyRuns } from './getManyRuns';
import { getRun } from './getRun';

/** One operation of the node: the items of the context in, items out. */
export type Operation = (context: IExecuteFunctions) => Promise<INodeExecutionData[]>;

const operations: Readonly<Record<string, Operation>> = {
	'image edit': edit,
	'image generate': generate,
	'run get': getRun,
	'run getCallbackDeliveries': getCallbackDeliveries,
	'run getMany': getManyRuns,
	'run redeliverCallback': redeliverCallback,
};

/** The operation that the node's 'Resource' and 'Operation' name. Throws NodeOperationError for any other. */
export function operationOf(context: IExecuteFunctions): Operation {
	const resource = context.getNodeParameter('resource', 0);
	const name = context.getNodeParameter('operation', 0);
	const operation = operations[`${String(resource)} ${String(name)}`];
	if (operation !== undefined) return operation;
	throw new NodeOperationError(context.getNode(), `'Operation' has the unknown value '${String(name)}'`, {
		description: "Choose 'Resource' and 'Operation' anew.",
	});
}
