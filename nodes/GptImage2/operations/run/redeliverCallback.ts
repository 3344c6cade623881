import {
	sleep,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';

import { retrying } from '../../../../runflow/retry';
import { withoutDataUris } from '../../output/items';
import { readRunId } from '../../parameters/run';
import { eachItem } from '../eachItem';

/** `run` → `redeliverCallback`: has Runflow call back about a run once more, and gives the delivery. */
export async function redeliverCallback(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItem(context, async (client, itemIndex) => {
		const runId = readRunId(context, itemIndex);
		const delivery = await retrying(async () => await client.redeliverCallback(runId), sleep);
		return [rowOf(delivery, runId, itemIndex)];
	});
}

/** `run` → `getCallbackDeliveries`: how often and with what answer Runflow called back, a row for each delivery. */
export async function getCallbackDeliveries(
	context: IExecuteFunctions,
): Promise<INodeExecutionData[]> {
	return await eachItem(context, async (client, itemIndex) => {
		const runId = readRunId(context, itemIndex);
		const deliveries = await retrying(async () => await client.getCallbackDeliveries(runId), sleep);
		return deliveries.map((delivery) => rowOf(delivery, runId, itemIndex));
	});
}

function rowOf(delivery: Record<string, unknown>, runId: string, item: number): INodeExecutionData {
	const json: IDataObject = { run_id: runId, ...withoutDataUris(delivery) };
	return { json, pairedItem: { item } };
}
