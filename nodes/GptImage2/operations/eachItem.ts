import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { Slots } from '../../../runflow/slots';
import { connect } from '../connection';
import { toErrorRow } from '../errors/errorRow';
import { toNodeError } from '../errors/nodeErrors';
import { continuesOnError } from '../parameters/node';

const itemsAtOnce = 10;

/**
 * Does the same for every item, some at once, and returns the rows in the order of the input. An item
 * that fails becomes an error row when the node continues on errors, otherwise its error is thrown.
 */
export async function eachItem(
	context: IExecuteFunctions,
	work: (client: RunflowClient, itemIndex: number) => Promise<INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	const { client } = await connect(context);
	const slots = new Slots(itemsAtOnce);
	const rows = await Promise.all(
		[...context.getInputData().keys()].map(
			async (itemIndex) =>
				await slots.use(async () => {
					try {
						return await work(client, itemIndex);
					} catch (error) {
						if (!continuesOnError(context)) throw toNodeError(context.getNode(), error, itemIndex);
						return [toErrorRow(context.getNode(), error, itemIndex)];
					}
				}),
		),
	);
	return rows.flat();
}
