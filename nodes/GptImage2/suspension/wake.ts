import { sleep, type IWebhookFunctions, type IWebhookResponseData } from 'n8n-workflow';
import { z } from 'zod/v3';

import { connect } from '../connection';
import { callers, type Caller } from './callers';
import { readings } from './readings';
import { resumedItems } from './resume';
import {
	callResumeUrl,
	canReachItself,
	isOver,
	readResumeCall,
	resumeUrlOfCalled,
	type ResumeState,
} from './resumeUrl';
import { readSuspension, type Suspension } from './suspension';
import { isWatched } from './watch';

/** A sender gets its answer within this time, whatever is still to be done. */
const patienceMs = 700;

/** After so long a resume, something else may have resumed the execution meanwhile, such as its deadline. */
const slowResumeMs = 5_000;

/** Callbacks that come within this time of the first are read together: a part of the suspension's age. */
const gatherPerAge = 0.1;
const shortestGatherMs = 2_000;
const longestGatherMs = 10_000;

/** The suspensions whose runs are about to be read because one of them called. */
const readingSoon = new Set<string>();

const keepWaiting: IWebhookResponseData = { noWebhookResponse: true };

type Answer = (httpStatus: number, state: ResumeState) => void;

/**
 * Answers a call to the resume URL of a suspended execution. The call is only a wake-up: what it says
 * is not trusted, the runs are read from the API. Resumes once all have ended, otherwise keeps
 * waiting. Never throws, because that would kill the execution.
 */
export async function wake(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const answer = answerOnce(context);
	return await resumeOrKeepWaiting(context, answer).catch(() => {
		answer(503, 'pending');
		return keepWaiting;
	});
}

async function resumeOrKeepWaiting(
	context: IWebhookFunctions,
	answer: Answer,
): Promise<IWebhookResponseData> {
	const call = readResumeCall(context);
	const runId = call === null ? callingRun(context) : null;
	const known = runId === null ? null : callers.note(runId);
	if (known !== null && !known.isLast && isWatched(known.suspensionId) && canReachItself()) {
		answer(200, 'pending');
		return keepWaiting;
	}
	const suspension = readSuspension(context);
	const isMeant = call === null || call.suspensionId === suspension?.id;
	if (suspension === null || !isMeant) {
		answer(200, 'resumed');
		return keepWaiting;
	}
	if (call?.purpose === 'probe' || readings.isResumed(suspension.id)) {
		answer(200, 'pending');
		return keepWaiting;
	}
	const caller = known ?? firstCaller(suspension, runId);
	if (caller !== null && !caller.isLast && canReachItself()) {
		answer(200, 'pending');
		void readSoon(context, suspension).catch(() => null);
		return keepWaiting;
	}
	if (canReachItself() === null) void learnReach(context, suspension.id).catch(() => null);
	return await readAndResume(context, suspension, caller?.called ?? [], answer);
}

/** What is known of a callback where this process did not suspend the execution; null for any other call. */
function firstCaller(suspension: Suspension, runId: string | null): Caller | null {
	callers.expect(
		suspension.id,
		suspension.runs.map((run) => run.runId),
	);
	return runId === null ? null : callers.note(runId);
}

/**
 * Has the runs read a moment after one of several has called. The others may call another process, so
 * this one can't know when all have.
 */
async function readSoon(context: IWebhookFunctions, suspension: Suspension): Promise<void> {
	const { id, startedAt } = suspension;
	if (readingSoon.has(id)) return;
	const url = resumeUrlOfCalled(context);
	if (url === null) return;
	readingSoon.add(id);
	const ageMs = Date.now() - startedAt;
	await sleep(Math.min(Math.max(ageMs * gatherPerAge, shortestGatherMs), longestGatherMs));
	readingSoon.delete(id);
	if (readings.isResumed(id)) return;
	await callResumeUrl(context, url, { purpose: 'wake', suspensionId: id });
}

/** Finds out whether this process can call the execution itself, so that it needn't read at every callback. */
async function learnReach(context: IWebhookFunctions, suspensionId: string): Promise<void> {
	const url = resumeUrlOfCalled(context);
	if (url !== null) await callResumeUrl(context, url, { purpose: 'probe', suspensionId });
}

async function readAndResume(
	context: IWebhookFunctions,
	suspension: Suspension,
	calledBy: readonly string[],
	answer: Answer,
): Promise<IWebhookResponseData> {
	const { joined, outcome } = readings.read(
		suspension,
		calledBy,
		async () => (await connect(context)).client,
	);
	await Promise.race([outcome, sleep(patienceMs).then(() => answer(200, 'pending'))]);
	const reading = await outcome;
	if (reading.state === 'unreadable') answer(503, 'pending');
	else answer(200, 'pending');
	if (joined || reading.state !== 'ended' || readings.isResumed(suspension.id)) return keepWaiting;

	const started = Date.now();
	const { reader, runs } = reading;
	const items = await readings.resume(
		suspension.id,
		async () => await resumedItems(context, reader, suspension, runs),
	);
	const isSlow = Date.now() - started > slowResumeMs;
	if (isSlow && (await wasResumedElsewhere(context, suspension.id))) return keepWaiting;
	callers.forget(suspension.id);
	return { noWebhookResponse: true, workflowData: [items] };
}

/** Whether the execution left this suspension while its images were downloaded; it may be in its next one. */
async function wasResumedElsewhere(
	context: IWebhookFunctions,
	suspensionId: string,
): Promise<boolean> {
	const url = resumeUrlOfCalled(context);
	if (url === null) return false;
	return isOver(await callResumeUrl(context, url, { purpose: 'probe', suspensionId }));
}

function callingRun(context: IWebhookFunctions): string | null {
	const body = z.object({ run_id: z.string() }).safeParse(context.getBodyData());
	return body.success ? body.data.run_id : null;
}

/** Answers the sender, at most once. */
function answerOnce(context: IWebhookFunctions): Answer {
	let answered = false;
	return (httpStatus, state) => {
		if (answered) return;
		answered = true;
		context.getResponseObject().status(httpStatus).json({ state });
	};
}
