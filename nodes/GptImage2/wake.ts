import { sleep, type IWebhookFunctions, type IWebhookResponseData } from 'n8n-workflow';
import { z } from 'zod';

import type { RunflowClient } from '../../runflow/client';
import { settle } from '../../runflow/settle';
import { paceOf, waitForRun } from '../../runflow/waiting';
import { RecentKeys } from './recentKeys';
import { allEnded, resumedItems } from './resume';
import { readSuspension, type Suspension } from './suspend';
import { connect } from './transport';

/** A sender hears back within this time, whatever is still to be done, in milliseconds. */
const patience = 700;

/** How long a run may still be read as going on after its own callback, in seconds. */
const lag = 20;

const keepFor = 3_600_000;

/** Suspensions that this process is resuming or has resumed: a second call at the same moment does nothing. */
const resumed = new RecentKeys(keepFor);

/** How far each suspension's runs are known to have ended; only saves reads, so it may be lost. */
const positions = new Map<string, number>();
const mostPositions = 10_000;

const goOnWaiting: IWebhookResponseData = { noWebhookResponse: true };

/**
 * Answers a call to the resume URL of a suspended execution. The call is only a wake-up: what it says is not
 * trusted, the runs are read from the API. Resumes once all have ended, else goes on waiting. Never
 * throws, because that would kill the execution.
 */
export async function wake(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const answer = answerOnce(context);
	const suspension = readSuspension(
		context.evaluateExpression(`{{ $node[${JSON.stringify(context.getNode().name)}].context }}`),
	);
	if (suspension === null || resumed.has(suspension.id)) {
		answer(200);
		return goOnWaiting;
	}
	const looking = settle(async () => await look(context, suspension));
	await Promise.race([looking, sleep(patience).then(() => answer(200))]);
	const seen = await looking;
	if (!seen.ok) {
		answer(503);
		return goOnWaiting;
	}
	answer(200);
	const { client, ended } = seen.value;
	if (!ended || resumed.has(suspension.id)) return goOnWaiting;

	resumed.add(suspension.id);
	positions.delete(suspension.id);
	const items = await resumedItems(context, client, suspension);
	return { noWebhookResponse: true, workflowData: [items] };
}

/** Reads runs until one is found that goes on. A run that has just called is given a moment to be read as ended. */
async function look(
	context: IWebhookFunctions,
	suspension: Suspension,
): Promise<{ client: RunflowClient; ended: boolean }> {
	const { client } = await connect(context);
	const caller = z.object({ run_id: z.string() }).safeParse(context.getBodyData());
	const calledBy = caller.success ? caller.data.run_id : null;
	let seen = await allEnded(client, suspension, positions.get(suspension.id) ?? 0);
	if (seen.pendingRunId !== null && seen.pendingRunId === calledBy) {
		await waitABit(client, calledBy);
		seen = await allEnded(client, suspension, seen.position);
	}
	if (positions.size >= mostPositions) positions.clear();
	positions.set(suspension.id, seen.position);
	return { client, ended: seen.ended };
}

async function waitABit(client: RunflowClient, runId: string): Promise<void> {
	const run = await client.getRun(runId);
	await settle(
		async () =>
			await waitForRun({
				run,
				read: async (id) => await client.getRun(id),
				pause: sleep,
				pace: paceOf(1),
				timeout: lag,
				signal: new AbortController().signal,
			}),
	);
}

/** Answers the sender, at most once. */
function answerOnce(context: IWebhookFunctions): (status: number) => void {
	let answered = false;
	return (status) => {
		if (answered) return;
		answered = true;
		context.getResponseObject().status(status).json({});
	};
}
