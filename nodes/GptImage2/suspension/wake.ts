import { sleep, type IWebhookFunctions, type IWebhookResponseData } from 'n8n-workflow';
import { z } from 'zod';

import type { RunflowClient } from '../../../runflow/client';
import { settle, type Settled } from '../../../runflow/settle';
import { RecentKeys } from '../recentKeys';
import { readOn, resumedItems } from './resume';
import { readSuspension, type Suspension } from './suspend';
import { connect } from '../connection';
import { waitForEnd } from '../waitForEnd';

/** A sender hears back within this time, whatever is still to be done, in milliseconds. */
const patience = 700;

/** How long a run may still be read as going on after its own callback, in seconds. */
const lag = 20;

const keepFor = 3_600_000;

/** Suspensions that this process is resuming or has resumed: a second call at the same moment does nothing. */
const resumed = new RecentKeys(keepFor);

/** A look at a suspension's runs that is under way, which calls that come meanwhile join. */
interface Look {
	/** The runs that have called since it began. */
	callers: Set<string>;
	/** Whether somebody joined, so that it has to look once more. */
	again: boolean;
	/** The client to go on with once all runs have ended, null while one goes on. */
	outcome: Promise<Settled<RunflowClient | null>>;
}

const looks = new Map<string, Look>();

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
	const joined = looks.get(suspension.id);
	const look = joined ?? beginLook(context, suspension);
	join(look, context);
	await Promise.race([look.outcome, sleep(patience).then(() => answer(200))]);
	const ended = await look.outcome;
	answer(ended.ok ? 200 : 503);
	if (joined || !ended.ok || ended.value === null || resumed.has(suspension.id)) return goOnWaiting;

	resumed.add(suspension.id);
	positions.delete(suspension.id);
	const items = await resumedItems(context, ended.value, suspension);
	return { noWebhookResponse: true, workflowData: [items] };
}

function beginLook(context: IWebhookFunctions, suspension: Suspension): Look {
	const look: Look = {
		callers: new Set(),
		again: false,
		outcome: Promise.resolve({ ok: true, value: null }),
	};
	look.outcome = settle(async () => await lookUntilClear(context, suspension, look)).finally(() =>
		looks.delete(suspension.id),
	);
	looks.set(suspension.id, look);
	return look;
}

function join(look: Look, context: IWebhookFunctions): void {
	look.again = true;
	const caller = z.object({ run_id: z.string() }).safeParse(context.getBodyData());
	if (caller.success) look.callers.add(caller.data.run_id);
}

/**
 * Reads runs until one is found that goes on and nobody has called since, or all have ended. A run that has
 * called is given a moment to be read as ended.
 */
async function lookUntilClear(
	context: IWebhookFunctions,
	suspension: Suspension,
	look: Look,
): Promise<RunflowClient | null> {
	const { client } = await connect(context);
	for (;;) {
		look.again = false;
		const seen = await readOn(client, suspension, positions.get(suspension.id) ?? 0);
		if (positions.size >= mostPositions) positions.clear();
		positions.set(suspension.id, seen.position);
		if (seen.ended) return client;
		if (seen.pendingRunId !== null && look.callers.delete(seen.pendingRunId)) {
			await waitABit(client, seen.pendingRunId);
		} else if (!look.again) {
			return null;
		}
	}
}

async function waitABit(client: RunflowClient, runId: string): Promise<void> {
	const run = await client.getRun(runId);
	await settle(async () => await waitForEnd(client, run, { pollInterval: 1, timeout: lag }));
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
