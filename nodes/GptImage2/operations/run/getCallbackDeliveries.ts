import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { readRunId } from '../../parameters/run';
import { eachItem } from '../eachItem';
import { deliveryRow } from './redeliveries';

/** `run` → `getCallbackDeliveries`: when and with what answer Runflow called back, a row for each delivery. */
export async function getCallbackDeliveries(
	context: IExecuteFunctions,
): Promise<INodeExecutionData[]> {
	return await eachItem(context, async ({ client, itemIndex, signal }) => {
		const runId = readRunId(context, itemIndex);
		const deliveries = await client.getCallbackDeliveries(runId, signal);
		return deliveries.map((delivery) => deliveryRow(delivery, runId, itemIndex));
	});
}
