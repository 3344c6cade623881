import { RunFailedError, RunflowError, StoppedError } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';
import { hasSucceeded, isTerminal } from '../../../runflow/status';
import type { Batch, ItemInProgress } from './batch';
import type { LedgerEntry, LedgerSubject } from './ledger';
import { subjectOf } from './subject';

const createTimeoutMs = 60_000;

/**
 * Brings one item to a run that ended well: continues the run in the ledger, or creates one, and waits
 * for its end. Throws RunflowError, RunFailedError for a run that failed or was cancelled.
 */
export async function finishRun(batch: Batch, item: ItemInProgress): Promise<Run> {
	const { client, options } = batch;
	const { pollSeconds, timeoutSeconds } = options;
	const { signal } = item;
	const started = await startRun(batch, item);
	const run = await client.waitForRun(started, { pollSeconds, timeoutSeconds, signal });
	if (!hasSucceeded(run.status)) throw new RunFailedError(run);
	return run;
}

/**
 * The run of an item: the one that is already paid for or pending, else a new one. Throws RunflowError
 * when none could be started.
 */
export async function startRun(batch: Batch, item: ItemInProgress): Promise<Run> {
	const { client, ledger } = batch;
	const { itemIndex, plan, signal } = item;
	if (signal.aborted) throw new StoppedError();
	const subject = subjectOf(item);
	let entry = ledger.entryFor(subject);

	if (entry.runId !== null) {
		const run = await client.getRun(entry.runId, signal);
		if (!isTerminal(run.status) || hasSucceeded(run.status)) return run;
		entry = ledger.renew(subject);
	}
	if (entry.uncertain && entry.callbackUrl !== plan.callbackUrl && plan.clientRef === null) {
		const { clientRef, startedAt } = entry;
		const accepted = await client.findRun({ clientRef, startedAt, input: null }, signal);
		if (accepted !== null) {
			ledger.update(itemIndex, entry, { runId: accepted.id, uncertain: false });
			return accepted;
		}
		entry = ledger.renew(subject);
	}
	return await createRun(batch, item, subject, entry);
}

async function createRun(
	{ client, ledger, options, uploads }: Batch,
	{ itemIndex, plan, signal }: ItemInProgress,
	subject: LedgerSubject,
	entry: LedgerEntry,
): Promise<Run> {
	const { model, inputImages, metadata, clientRef } = plan;
	const callbackUrl = entry.uncertain ? entry.callbackUrl : plan.callbackUrl;
	const uploadUrls = entry.uncertain ? { ...entry.uploadUrls } : {};
	const urls = inputImages && (await uploads.urlsOf(inputImages, uploadUrls));
	const input = { ...plan.input, ...urls };
	const sending = ledger.update(itemIndex, entry, { uncertain: true, callbackUrl, uploadUrls });
	const request = {
		input,
		client_ref: sending.clientRef,
		...(Object.keys(metadata).length > 0 && { metadata }),
		...(callbackUrl !== null && { callback_url: callbackUrl }),
	};
	const run = await client
		.createRun(model, request, {
			idempotencyKey: sending.idempotencyKey,
			startedAt: sending.startedAt,
			findable: clientRef === null,
			isTaken: (runId) => ledger.isOfAnother(itemIndex, runId),
			uncertain: entry.uncertain,
			timeoutMs: input.sync_mode ? options.timeoutSeconds * 1000 : createTimeoutMs,
			signal,
		})
		.catch((error: unknown) => {
			if (error instanceof RunflowError && !error.mayBePaid) ledger.renew(subject);
			throw error;
		});
	ledger.update(itemIndex, sending, { runId: run.id, uncertain: false });
	return run;
}
