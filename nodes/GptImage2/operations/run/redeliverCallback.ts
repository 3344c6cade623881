import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { readRunId } from '../../parameters/run';
import { eachItem } from '../eachItem';
import { deliveryRow } from './deliveryRow';

/** `run` → `redeliverCallback`: has Runflow deliver a run's callback once more, and returns that delivery. */
export async function redeliverCallback(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await eachItem(context, async (client, itemIndex) => {
		const runId = readRunId(context, itemIndex);
		return [deliveryRow(await client.redeliverCallback(runId), runId, itemIndex)];
	});
}
