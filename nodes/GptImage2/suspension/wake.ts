import { sleep, type IWebhookFunctions, type IWebhookResponseData } from 'n8n-workflow';

import { partOfAge, type AgePart } from '../../../runflow/pace';
import { connect } from '../connection';
import { isAlarm } from './alarm';
import { decide } from './decide';
import { executeAgain } from './executeAgain';
import { liveSuspensions, type LiveSuspension } from './live';
import { failedRuns, readTogether } from './reading';
import { resumedItems } from './resume';
import {
	callResumeUrl,
	canReachItself,
	readCall,
	resumeUrlOfCalled,
	type ResumeState,
} from './resumeUrl';
import { readSuspension, type Suspension } from './suspension';

/** A sender gets its answer within this time, whatever remains to be done. */
const senderPatienceMs = 700;

/**
 * After a resume that takes this long, something else may have resumed the execution in the meantime, such
 * as its deadline.
 */
const slowResumeMs = 5_000;

/**
 * How long after the first callback the runs are read, so that runs that call in the meantime are included.
 */
const gathering: AgePart = { part: 0.1, shortestMs: 2_000, longestMs: 10_000 };

/** How long after a reading the runs are read again if nobody watches and few of them call back. */
const unattended: AgePart = { ...gathering, longestMs: 60_000 };

const keepWaiting: IWebhookResponseData = { noWebhookResponse: true };

type Answer = (httpStatus: number, state: ResumeState) => void;

/**
 * Answers a call to the resume URL of a suspended execution. The call is only a wake-up: its content is not
 * trusted, and the runs are read from the API. Resumes once all have ended, otherwise keeps waiting. A call
 * to an alarm ends the alarm, because nothing is left to wake. Never throws, because that would kill the
 * execution.
 */
export async function wake(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const answer = answerOnce(context);
	if (isAlarm(context)) {
		answer(200, 'resumed');
		return { noWebhookResponse: true, workflowData: [[]] };
	}
	return await resumeOrKeepWaiting(context, answer).catch(() => {
		answer(503, 'pending');
		return keepWaiting;
	});
}

async function resumeOrKeepWaiting(
	context: IWebhookFunctions,
	answer: Answer,
): Promise<IWebhookResponseData> {
	const { purpose, runId, suspensionId } = readCall(context);
	const known = runId === null ? null : liveSuspensions.calledBy(runId);
	// Opening the suspension costs n8n more than the rest of the answer, and most callbacks lead to
	// nothing.
	if (known?.isWatched && decide(purpose, known, canReachItself()) === 'wait') {
		answer(200, 'pending');
		return keepWaiting;
	}
	const suspension = readSuspension(context);
	if (suspension === null || (suspensionId ?? suspension.id) !== suspension.id) {
		answer(200, 'resumed');
		return keepWaiting;
	}
	const live = liveSuspensions.of(suspension);
	if (runId !== null) live.noteCall(runId);
	const decision = decide(purpose, live, canReachItself());
	if (decision === 'read') return await readAndResume(context, live, suspension, answer);
	answer(200, 'pending');
	if (decision === 'readSoon') readSoon(context, live, suspension, gathering);
	return keepWaiting;
}

/**
 * Has this process read the runs a while later, through a call to itself: after one of several runs has
 * called back, because the others may call another process; or if no callback may follow.
 */
function readSoon(
	context: IWebhookFunctions,
	live: LiveSuspension,
	{ startedAt }: Suspension,
	after: AgePart,
): void {
	const url = resumeUrlOfCalled(context);
	if (live.isReadingSoon || url === null) return;
	live.isReadingSoon = true;
	const read = async () => {
		await sleep(partOfAge(Date.now() - startedAt, after));
		live.isReadingSoon = false;
		if (live.isResumed) return;
		await callResumeUrl(context, url, { purpose: 'wake', suspensionId: live.id });
	};
	void read();
}

/** Asks whether the execution is still in this suspension; true if n8n doesn't reveal the URL to ask. */
async function isStillSuspended(
	context: IWebhookFunctions,
	suspensionId: string,
): Promise<boolean> {
	const url = resumeUrlOfCalled(context);
	if (url === null) return true;
	const { isOver } = await callResumeUrl(context, url, { purpose: 'probe', suspensionId });
	return !isOver;
}

async function readAndResume(
	context: IWebhookFunctions,
	live: LiveSuspension,
	suspension: Suspension,
	answer: Answer,
): Promise<IWebhookResponseData> {
	// Whether this process can call itself determines what later callbacks lead to.
	if (canReachItself() === null) void isStillSuspended(context, live.id).catch(() => null);
	const connectReader = async () => (await connect(context)).client;
	const { joined, outcome } = readTogether(live, suspension, connectReader);
	await Promise.race([outcome, sleep(senderPatienceMs).then(() => answer(200, 'pending'))]);
	const reading = await outcome;
	answer(reading.state === 'unreadable' ? 503 : 200, 'pending');
	// If only some of the runs call back, their calls don't mark the end.
	const isUnattended = reading.state !== 'ended' && !suspension.expectsCallbacks && !live.isWatched;
	if (!joined && isUnattended) readSoon(context, live, suspension, unattended);
	if (joined || reading.state !== 'ended' || live.isResumed) return keepWaiting;

	const started = performance.now();
	const { reader, runs } = reading;
	const failed = failedRuns(suspension, runs);
	const makeItems = async () => {
		const again = failed.length > 0 ? executeAgain(context, { failedRuns: failed }) : null;
		if (again !== null) return again;
		const output = await resumedItems(context, reader, suspension, runs);
		return executeAgain(context, output) ?? output.items;
	};
	const items = await live.resume(makeItems);
	const isSlow = performance.now() - started > slowResumeMs;
	if (isSlow && !(await isStillSuspended(context, live.id))) return keepWaiting;
	return { noWebhookResponse: true, workflowData: [items] };
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
