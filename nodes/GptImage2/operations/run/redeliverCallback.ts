import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { readRunId } from '../../parameters/run';
import { eachItem } from '../eachItem';
import { Redeliveries } from './redeliveries';

/**
 * `run` → `redeliverCallback`: asks Runflow to deliver a run's callback once more, and returns that
 * delivery.
 */
export async function redeliverCallback(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const redeliveries = Redeliveries.of(context);
	return await eachItem(context, async (item) => {
		const runId = readRunId(context, item.itemIndex);
		return [await redeliveries.once(`${item.itemIndex} ${runId}`, runId, item)];
	});
}
