import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { Delivery } from '../../../../runflow/callback';
import { withoutDataUris } from '../../output/items';
import { withoutResumeTokens } from '../../output/resumeTokens';

/** A delivery of a run's callback as an item: the run id, then what the API says of it. */
export function deliveryRow(delivery: Delivery, runId: string, item: number): INodeExecutionData {
	const json: IDataObject = { run_id: runId, ...withoutResumeTokens(withoutDataUris(delivery)) };
	return { json, pairedItem: { item } };
}
