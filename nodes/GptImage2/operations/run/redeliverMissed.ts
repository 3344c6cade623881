import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { answersTo, wasDelivered, type Delivery } from '../../../../runflow/callback';
import { returnRunflowError, RunflowApiError, type RunflowError } from '../../../../runflow/errors';
import { everyRun } from '../../../../runflow/filter';
import { isPassing } from '../../../../runflow/retry';
import type { Run } from '../../../../runflow/run';
import { doEach } from '../../../../runflow/slots';
import { isTerminal } from '../../../../runflow/status';
import { toErrorRow } from '../../errors/errorRow';
import { count } from '../../output/hints';
import { readMissedHours } from '../../parameters/run';
import { RecentKeys } from '../../recentKeys';
import { isResumeUrl } from '../../suspension/resumeUrl';
import { eachItem, type ItemWork } from '../eachItem';
import { Redeliveries } from './redeliveries';
import { visitRuns } from './getMany';

const hourMs = 3_600_000;

/** How long before its end a run may have been started. */
const longestRunMs = hourMs;

/** How long Runflow gets to deliver a callback by itself (SEED: three attempts, 1 s and 2 s apart). */
const graceMs = 60_000;

const requestsAtOnce = 5;

/** Runs whose callbacks are known to be delivered. This only saves reads, so it may be lost. */
const delivered = new RecentKeys(24 * hourMs);

/** A run whose callback may have been missed, and whether that would have woken an execution. */
interface MissedRun {
	id: string;
	wakes: boolean;
}

/**
 * `run` → `redeliverMissed`: asks Runflow to deliver the callbacks again that nobody accepted, such as
 * those that came while n8n was down. Returns a row for each new delivery, an error row for each that
 * Runflow refuses, or one row that says that nothing was missed. Throws what prevents all deliveries.
 */
export async function redeliverMissed(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const redeliveries = Redeliveries.of(context);
	return await eachItem(context, async (item) => {
		const { client, itemIndex, signal } = item;
		const hours = readMissedHours(context, itemIndex);
		const missed = await findMissed(item, hours);
		const causes: RunflowError[] = [];
		const redeliver = async ({ id, wakes }: MissedRun, stop: AbortSignal) => {
			if (causes.length > 0) return [];
			const deliveries = await client.getCallbackDeliveries(id, stop);
			if (!deliveries.some((delivery) => isSettled(delivery, wakes))) {
				return [await redeliveries.once(id, id, { ...item, signal: stop })];
			}
			delivered.add(id);
			return [];
		};
		const tryTo = async (run: MissedRun, stop: AbortSignal) =>
			await redeliver(run, stop).catch((thrown: unknown) => {
				const error = returnRunflowError(thrown);
				if (stop.aborted) throw error;
				if (concernsAll(error)) causes.push(error);
				return [toErrorRow(context.getNode(), error, itemIndex)];
			});
		const rows = (await doEach(missed, requestsAtOnce, tryTo, signal)).flat();
		if (causes.length > 0 && rows.every(({ json }) => 'error' in json)) throw causes[0];
		return rows.length > 0 ? rows : [nothingMissed(hours, itemIndex)];
	});
}

function nothingMissed(hours: number, item: number): INodeExecutionData {
	const message = `No callback of the last ${count(hours, 'hour')} was missed, so none was delivered again.`;
	return { json: { run_id: null, message }, pairedItem: { item } };
}

async function findMissed({ client, signal }: ItemWork, hours: number): Promise<MissedRun[]> {
	const now = Date.now();
	const since = now - hours * hourMs;
	const filter = { ...everyRun, createdAfter: since - longestRunMs };
	const missed: MissedRun[] = [];
	const note = ({ completedAt, id, raw, status }: Run) => {
		const { callback_url: url } = raw;
		if (!isTerminal(status) || typeof url !== 'string' || completedAt === null) return;
		const isDue = completedAt >= since && completedAt <= now - graceMs;
		if (isDue && !delivered.has(id)) missed.push({ id, wakes: isResumeUrl(url) });
	};
	await visitRuns(client, { filter, limit: Infinity, detail: 'callback' }, note, signal);
	return missed;
}

/**
 * Whether a delivery needs no repeat: it was accepted, or n8n said that the execution to wake isn't
 * waiting.
 */
function isSettled(delivery: Delivery, wakes: boolean): boolean {
	return wasDelivered(delivery) || (wakes && answersTo(delivery).includes(409));
}

/** Whether what went wrong with one run would also go wrong with all others. */
function concernsAll(error: RunflowError): boolean {
	const isKeyRefused = error instanceof RunflowApiError && [401, 403].includes(error.httpStatus);
	return isKeyRefused || isPassing(error);
}
