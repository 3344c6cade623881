import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { doEach } from '../../../runflow/slots';
import { connect } from '../connection';
import { toErrorRow } from '../errors/errorRow';
import { toNodeError } from '../errors/nodeErrors';
import { continuesOnError } from '../parameters/node';

const itemsAtOnce = 10;

/** One item of an operation, and what to do it with. */
export interface ItemWork {
	client: RunflowClient;
	itemIndex: number;
	/** Fires when the execution is stopped, or another item has failed, so nothing more should be sent. */
	signal: AbortSignal;
}

/**
 * Does the same for every item, several at once, and returns the rows in input order. If the node continues
 * on errors, an item that fails becomes an error row. Otherwise nothing more is sent, and its error is
 * thrown once all requests in flight have ended.
 */
export async function eachItem(
	context: IExecuteFunctions,
	work: (item: ItemWork) => Promise<INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	const { client } = await connect(context);
	const node = context.getNode();
	const rows = await doEach(
		context.getInputData().keys(),
		itemsAtOnce,
		async (itemIndex, signal) =>
			await work({ client, itemIndex, signal }).catch((error: unknown) => {
				if (!continuesOnError(context)) throw toNodeError(node, error, itemIndex);
				return [toErrorRow(node, error, itemIndex)];
			}),
		context.getExecutionCancelSignal(),
	);
	return rows.flat();
}
