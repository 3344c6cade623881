import { sleep, type IWebhookFunctions, type IWebhookResponseData } from 'n8n-workflow';
import { z } from 'zod';

import type { RunflowClient } from '../../../runflow/client';
import { connect } from '../connection';
import { Readings } from './readings';
import { resumedItems } from './resume';
import { readSuspension } from './suspension';

/** A sender gets its answer within this time, whatever is still to be done. */
const patienceMs = 700;

const readings = new Readings<RunflowClient>();

const keepWaiting: IWebhookResponseData = { noWebhookResponse: true };

/**
 * Answers a call to the resume URL of a suspended execution. The call is only a wake-up: what it says
 * is not trusted, the runs are read from the API. Resumes once all have ended, otherwise keeps
 * waiting. Never throws, because that would kill the execution.
 */
export async function wake(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const answer = answerOnce(context);
	const suspension = readSuspension(context);
	if (suspension === null || readings.isResumed(suspension.id)) {
		answer(200);
		return keepWaiting;
	}
	const { joined, outcome } = readings.read(
		suspension,
		callingRun(context),
		async () => (await connect(context)).client,
	);
	await Promise.race([outcome, sleep(patienceMs).then(() => answer(200))]);
	const reading = await outcome;
	answer(reading.state === 'unreadable' ? 503 : 200);
	if (joined || reading.state !== 'ended' || readings.isResumed(suspension.id)) return keepWaiting;

	readings.resume(suspension.id);
	const items = await resumedItems(context, reading.reader, suspension);
	return { noWebhookResponse: true, workflowData: [items] };
}

function callingRun(context: IWebhookFunctions): string | null {
	const body = z.object({ run_id: z.string() }).safeParse(context.getBodyData());
	return body.success ? body.data.run_id : null;
}

/** Answers the sender, at most once. */
function answerOnce(context: IWebhookFunctions): (httpStatus: number) => void {
	let answered = false;
	return (httpStatus) => {
		if (answered) return;
		answered = true;
		context.getResponseObject().status(httpStatus).json({});
	};
}
