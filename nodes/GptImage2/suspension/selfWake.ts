import { sleep, type IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import type { RunResult } from '../output/items';
import type { Batch } from '../runs/batch';
import { resumeUrlOf } from './callbackUrl';

const firstCallAfterMs = 1_000;
const mostCalls = 6;
const callTimeoutMs = 30_000;
const tooEarly = 409;

/**
 * Wakes the execution where a callback can't. n8n answers 409 until the execution is saved, and
 * Runflow does not repeat those callbacks (SEED), so the node calls its own resume URL until it is
 * accepted. Runs that were started for another execution call back there, so they are polled here.
 * Never throws: nobody waits for it.
 */
export async function wakeWhereCallbacksCannot(
	{ client, context, ledger, options }: Batch,
	pending: RunResult[],
): Promise<void> {
	const url = resumeUrlOf(context);
	for (let calls = 0; calls < mostCalls; calls++) {
		await sleep(firstCallAfterMs * 2 ** calls);
		if ((await callResumeUrl(context, url)) !== tooEarly) break;
	}
	const elsewhere = pending.filter(({ itemIndex }) => ledger.find(itemIndex)?.callbackUrl !== url);
	const { pollSeconds, timeoutSeconds } = options;
	for (const { run } of elsewhere) {
		await client.waitForRun(run, { pollSeconds, timeoutSeconds }).catch(() => null);
	}
	if (elsewhere.length > 0) await callResumeUrl(context, url);
}

/** Calls the resume URL and returns the HTTP status of the answer, null when there was none. */
async function callResumeUrl(context: IExecuteFunctions, url: string): Promise<number | null> {
	const call: unknown = await context.helpers
		.httpRequest({
			method: 'POST',
			url,
			body: { wakeUp: true },
			json: true,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: callTimeoutMs,
		})
		.catch(() => null);
	const answer = z.object({ statusCode: z.number() }).safeParse(call);
	return answer.success ? answer.data.statusCode : null;
}
