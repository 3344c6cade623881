import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { Delivery } from '../../../../runflow/callback';
import { StoppedError } from '../../../../runflow/errors';
import { withoutDataUris } from '../../output/items';
import { withoutResumeTokens } from '../../output/resumeTokens';
import type { ItemWork } from '../eachItem';

/** A delivery of a run's callback as an item: the run id, then what the API says about it. */
export function deliveryRow(delivery: Delivery, runId: string, item: number): INodeExecutionData {
	const json: IDataObject = { run_id: runId, ...withoutResumeTokens(withoutDataUris(delivery)) };
	return { json, pairedItem: { item } };
}

const contextKey = 'redeliveries';

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/** The rows of the requested deliveries, by what they were requested for. */
const storedSchema = z.record(z.custom<IDataObject>(isObject));

/**
 * The deliveries that the node has requested. They are stored in its context, so that a second try (Retry
 * On Fail, n8n's Retry) doesn't request a callback again that was already delivered.
 */
export class Redeliveries {
	private readonly underway = new Map<string, Promise<IDataObject>>();

	private constructor(
		private readonly stored: Record<string, IDataObject>,
		private readonly runIndex: number,
	) {}

	/** What the node that runs in `context` has requested. */
	static of(context: IExecuteFunctions): Redeliveries {
		const nodeContext = context.getContext('node');
		const stored = storedSchema.catch({}).parse(nodeContext[contextKey]);
		nodeContext[contextKey] = stored;
		const { $runIndex } = context.getWorkflowDataProxy(0);
		return new Redeliveries(stored, z.number().catch(0).parse($runIndex));
	}

	/**
	 * Requests one more delivery of a run's callback, once for each `key`, and returns the row of that
	 * delivery. Throws RunflowError.
	 */
	async once(
		key: string,
		runId: string,
		{ client, itemIndex, signal }: ItemWork,
	): Promise<INodeExecutionData> {
		const place = `${this.runIndex} ${key}`;
		const redeliver = async () => {
			const { json } = deliveryRow(await client.redeliverCallback(runId), runId, itemIndex);
			this.stored[place] = json;
			return json;
		};
		const known = Object.hasOwn(this.stored, place) ? this.stored[place] : undefined;
		if (known !== undefined) return { json: known, pairedItem: { item: itemIndex } };
		if (signal.aborted) throw new StoppedError();
		const underway = this.underway.get(place) ?? redeliver();
		this.underway.set(place, underway);
		return { json: await underway, pairedItem: { item: itemIndex } };
	}
}
