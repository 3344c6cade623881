import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { wasDelivered } from '../../../../runflow/callback';
import { everyRun } from '../../../../runflow/filter';
import type { Run } from '../../../../runflow/run';
import { doEach } from '../../../../runflow/slots';
import { isTerminal } from '../../../../runflow/status';
import { readMissedHours } from '../../parameters/run';
import { RecentKeys } from '../../recentKeys';
import { eachItem } from '../eachItem';
import { findRuns } from './findRuns';
import { Redeliveries } from './redeliveries';

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
	const redeliveries = Redeliveries.of(context);
	return await eachItem(context, async (item) => {
		const { client, itemIndex, signal } = item;
		const now = Date.now();
		const since = now - readMissedHours(context, itemIndex) * hourMs;
		const filter = { ...everyRun, createdAfter: since - longestRunMs };
		const runs = await findRuns(client, { filter, limit: Infinity, detail: 'usual' }, signal);
		const missed = runs.filter((run) => mayBeMissed(run, since, now));
		const redeliver = async ({ id }: Run, stop: AbortSignal) => {
			const deliveries = await client.getCallbackDeliveries(id, stop);
			if (!deliveries.some(wasDelivered)) {
				return [await redeliveries.once(id, id, { ...item, signal: stop })];
			}
			delivered.add(id);
			return [];
		};
		return (await doEach(missed, requestsAtOnce, redeliver, signal)).flat();
	});
}

function mayBeMissed({ completedAt, id, raw, status }: Run, since: number, now: number): boolean {
	if (!isTerminal(status) || typeof raw.callback_url !== 'string' || completedAt === null)
		return false;
	return completedAt >= since && completedAt <= now - graceMs && !delivered.has(id);
}
