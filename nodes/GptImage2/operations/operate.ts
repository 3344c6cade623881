import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';
import { z } from 'zod/v3';

import { toErrorRow } from '../errors/errorRow';
import { toNodeError } from '../errors/nodeErrors';
import { toolFailure } from '../output/tool';
import { continuesOnError, isTool } from '../parameters/node';
import { Parameters } from '../parameters/reader';
import { ring } from '../suspension/alarm';
import { edit } from './image/edit';
import { generate } from './image/generate';
import { get } from './run/get';
import { getCallbackDeliveries } from './run/getCallbackDeliveries';
import { getMany } from './run/getMany';
import { redeliverCallback } from './run/redeliverCallback';
import { redeliverMissed } from './run/redeliverMissed';

/** One operation of the node: turns the context's items into items. */
type Operation = (context: IExecuteFunctions) => Promise<INodeExecutionData[]>;

/**
 * The operations, by the node's 'Resource' and 'Operation'; only the node itself uses that of a suspension.
 */
const operations = new Map<string, Map<string, Operation>>([
	['image', new Map(Object.entries({ edit, generate }))],
	[
		'run',
		new Map(
			Object.entries({ get, getCallbackDeliveries, getMany, redeliverCallback, redeliverMissed }),
		),
	],
	['suspension', new Map([['watch', ring]])],
]);

/**
 * Runs the node's operation. If the node continues on errors, a failure of the whole node becomes a row for
 * every item, because n8n would otherwise pass on the node's input as its output. For a tool it becomes a
 * sentence for the model. Throws NodeOperationError and NodeApiError.
 */
export async function operate(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const node = context.getNode();
	try {
		return await operationOf(context)(context);
	} catch (error) {
		if (isTool(context)) return [toolFailure(context, toNodeError(node, error, null))];
		const isStopped = context.getExecutionCancelSignal()?.aborted ?? false;
		if (isStopped || !continuesOnError(context)) throw toNodeError(node, error, null);
		return context.getInputData().map((_, itemIndex) => toErrorRow(node, error, itemIndex));
	}
}

function operationOf(context: IExecuteFunctions): Operation {
	const parameters = new Parameters(context, 0);
	const resource = parameters.read('resource', z.coerce.string());
	const name = parameters.read('operation', z.coerce.string());
	const operation = operations.get(resource)?.get(name);
	if (operation !== undefined) return operation;
	throw new NodeOperationError(context.getNode(), `'Operation' has the unknown value '${name}'`, {
		description: "Choose 'Resource' and 'Operation' again.",
	});
}
