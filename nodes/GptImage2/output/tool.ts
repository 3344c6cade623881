import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { NodeError } from '../errors/nodeErrors';
import { isTool } from '../parameters/node';
import { toItems, type RunResult } from './items';

/** The output of a run: items of the one shape, or what an agent's model gets where the node is its tool. */
export function outputOf(context: IExecuteFunctions, result: RunResult): INodeExecutionData[] {
	return isTool(context) ? [toToolItem(result)] : toItems(result);
}

/** What an agent's model gets of a run: little json, no binary, and the URL it can pass on. */
function toToolItem({ run, images, itemIndex }: RunResult): INodeExecutionData {
	const urls = images.flatMap(({ url }) => (url === null ? [] : [url]));
	const json: IDataObject = {
		status: run.status,
		run_id: run.id,
		url: urls[0] ?? null,
		...(urls.length > 1 && { urls }),
		cost: run.cost,
		...(run.failure && { failure: run.failure }),
	};
	return { json, pairedItem: { item: itemIndex } };
}

/** What an agent's model gets of a failure: a sentence to act on. */
export function toToolError(
	{ message, description }: NodeError,
	itemIndex: number,
): INodeExecutionData {
	const error = [message, description].filter(Boolean).join('. ');
	return { json: { error }, pairedItem: { item: itemIndex } };
}
