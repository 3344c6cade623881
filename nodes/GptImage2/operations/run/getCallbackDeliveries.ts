import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { readRunId } from '../../parameters/run';
import { eachItem } from '../eachItem';
import { deliveryRow } from './redeliveries';

/**
 * `run` → `getCallbackDeliveries`: when Runflow called back and what answer it got, one row for each
 * delivery.
 */
export async function getCallbackDeliveries(
	context: IExecuteFunctions,
): Promise<INodeExecutionData[]> {
	return await eachItem(context, async ({ client, itemIndex, signal }) => {
		const runId = readRunId(context, itemIndex);
		const deliveries = await client.getCallbackDeliveries(runId, signal);
		return deliveries.map((delivery) => deliveryRow(delivery, runId, itemIndex));
	});
}
