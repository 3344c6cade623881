import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { wasDelivered } from '../../../../runflow/callback';
import type { RunflowClient } from '../../../../runflow/client';
import type { Run } from '../../../../runflow/run';
import { Slots } from '../../../../runflow/slots';
import { isTerminal } from '../../../../runflow/status';
import { readMissedHours } from '../../parameters/run';
import { RecentKeys } from '../../recentKeys';
import { eachItem } from '../eachItem';
import { deliveryRow } from './deliveryRow';
import { findRuns } from './findRuns';

const hourMs = 3_600_000;

/** A run may have been started so long before it ended. */
const longestRunMs = hourMs;

/** Runflow is given so long to deliver a callback by itself (SEED: three attempts, 1 s and 2 s apart). */
const graceMs = 60_000;

const requestsAtOnce = 5;

/** Runs whose callback is known to have been delivered; only saves reads, so it may be lost. */
const delivered = new RecentKeys(24 * hourMs);

/**
 * `run` → `redeliverMissed`: has Runflow deliver the callbacks again that nobody accepted, such as those
 * that came while n8n was down. Returns a row for each new delivery.
 */
export async function redeliverMissed(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const signal = context.getExecutionCancelSignal();
	return await eachItem(context, async (client, itemIndex) => {
		const now = Date.now();
		const since = now - readMissedHours(context, itemIndex) * hourMs;
		const createdAfter = new Date(since - longestRunMs).toISOString();
		const filter = { status: null, clientRef: null, createdAfter, query: null };
		const runs = await findRuns(client, { filter, limit: Infinity, detail: 'usual' }, signal);
		const ended = runs.filter((run) => mayBeMissed(run, since, now));
		const slots = new Slots(requestsAtOnce);
		const rows = ended.map(
			async ({ id }) => await slots.use(async () => await redeliverIfMissed(client, id, itemIndex)),
		);
		return (await Promise.all(rows)).flat();
	});
}

function mayBeMissed({ completed_at, id, raw, status }: Run, since: number, now: number): boolean {
	if (!isTerminal(status) || typeof raw.callback_url !== 'string') return false;
	const completedAt = Date.parse(completed_at ?? '');
	return completedAt >= since && completedAt <= now - graceMs && !delivered.has(id);
}

async function redeliverIfMissed(
	client: RunflowClient,
	runId: string,
	itemIndex: number,
): Promise<INodeExecutionData[]> {
	const deliveries = await client.getCallbackDeliveries(runId);
	if (deliveries.some(wasDelivered)) {
		delivered.add(runId);
		return [];
	}
	return [deliveryRow(await client.redeliverCallback(runId), runId, itemIndex)];
}
