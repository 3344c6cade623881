import { sleep, type IWebhookFunctions, type IWebhookResponseData } from 'n8n-workflow';
import { z } from 'zod';

import { connect } from '../connection';
import { readings } from './readings';
import { resumedItems } from './resume';
import {
	callResumeUrl,
	isOver,
	readResumeCall,
	resumeUrlOfCalled,
	type ResumeState,
} from './resumeUrl';
import { readSuspension, type Suspension } from './suspension';

/** A sender gets its answer within this time, whatever is still to be done. */
const patienceMs = 700;

/** After so long a resume, something else may have resumed the execution meanwhile, such as its deadline. */
const slowResumeMs = 5_000;

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
	const suspension = readSuspension(context);
	const call = readResumeCall(context);
	const isMeant = call === null || call.suspensionId === suspension?.id;
	if (suspension === null || !isMeant) {
		answer(200, 'resumed');
		return keepWaiting;
	}
	if (call?.purpose === 'probe' || readings.isResumed(suspension.id)) {
		answer(200, 'pending');
		return keepWaiting;
	}
	return await readAndResume(context, suspension, answer);
}

async function readAndResume(
	context: IWebhookFunctions,
	suspension: Suspension,
	answer: Answer,
): Promise<IWebhookResponseData> {
	const { joined, outcome } = readings.read(
		suspension,
		callingRun(context),
		async () => (await connect(context)).client,
	);
	await Promise.race([outcome, sleep(patienceMs).then(() => answer(200, 'pending'))]);
	const reading = await outcome;
	if (reading.state === 'unreadable') answer(503, 'pending');
	else answer(200, 'pending');
	if (joined || reading.state !== 'ended' || readings.isResumed(suspension.id)) return keepWaiting;

	const started = Date.now();
	const items = await readings.resume(
		suspension.id,
		async () => await resumedItems(context, reading.reader, suspension),
	);
	const isSlow = Date.now() - started > slowResumeMs;
	if (isSlow && (await wasResumedElsewhere(context, suspension.id))) return keepWaiting;
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
