import { RunFailedError, RunflowError, StoppedError } from '../../../runflow/errors';
import type { RunRequest } from '../../../runflow/input';
import type { Run } from '../../../runflow/run';
import { hasSucceeded, mayDeliver } from '../../../runflow/status';
import type { Batch, ImagePlan, ItemInProgress } from './batch';
import type { LedgerEntry, LedgerSubject } from './ledger';
import { subjectOf } from './subject';

const createTimeoutMs = 60_000;

/**
 * Brings one item to a run that ended well: continues the run in the ledger, or creates one, and waits
 * for its end. Throws RunflowError, RunFailedError for a run that failed or was cancelled.
 */
export async function finishRun(batch: Batch, item: ItemInProgress): Promise<Run> {
	const { client, ledger, options, runSlots } = batch;
	const { isPaceLearnt, pollSeconds, timeoutSeconds } = options;
	const { plan, signal } = item;
	const started = await startRun(batch, item);
	const { acceptedAt } = ledger.entryFor(subjectOf(item));
	const age = acceptedAt === 0 ? {} : { startedAt: acceptedAt, kind: kindOf(plan, isPaceLearnt) };
	const wait = { ...age, pollSeconds, timeoutSeconds, isWhole: plan.output.includeRun, signal };
	const run = await runSlots.whilePending(async () => await client.waitForRun(started, wait));
	if (!hasSucceeded(run.status)) throw new RunFailedError(run);
	return run;
}

/**
 * The run of an item: the one that is already paid for or pending, else a new one. Throws RunflowError
 * when none could be started.
 */
export async function startRun(batch: Batch, item: ItemInProgress): Promise<Run> {
	const { ledger } = batch;
	const { signal } = item;
	if (signal.aborted) throw new StoppedError();
	const subject = subjectOf(item);
	return await ledger.startOnce(subject, async () => await continueOrCreate(batch, item, subject));
}

async function continueOrCreate(
	batch: Batch,
	item: ItemInProgress,
	subject: LedgerSubject,
): Promise<Run> {
	const { client, ledger } = batch;
	const { itemIndex, plan, signal } = item;
	let entry = ledger.entryFor(subject);

	if (entry.runId !== null) {
		const run = await client.getRun(entry.runId, signal);
		if (mayDeliver(run.status)) return run;
		entry = ledger.renew(subject);
	}
	if (entry.uncertain && entry.callbackUrl !== plan.callbackUrl && entry.findable) {
		const { clientRef, startedAt } = entry;
		const accepted = await client.findRun({ clientRef, startedAt, input: null }, signal);
		if (accepted !== null) {
			ledger.update(itemIndex, entry, { runId: accepted.id, uncertain: false });
			return accepted;
		}
		entry = ledger.renew(subject);
	}
	const isNew = !entry.uncertain;
	const crashed = isNew ? await batch.crashedRuns.find(item, entry, signal) : null;
	if (crashed !== null) {
		ledger.update(itemIndex, entry, { runId: crashed.id });
		return crashed;
	}
	const { reusableRuns } = batch;
	const reusable = entry.uncertain ? null : await reusableRuns.find(item, entry, signal);
	if (reusable !== null) {
		ledger.update(itemIndex, entry, { runId: reusable.id, reused: true });
		return reusable;
	}
	const created = await createOwnRun(batch, item, subject, entry);
	reusableRuns.note(itemIndex, created);
	return created;
}

/**
 * Creates a run, and another where the API answers with a run that another item was given: one that asks
 * for the same under the same reference, and looked for its own.
 */
async function createOwnRun(
	batch: Batch,
	item: ItemInProgress,
	subject: LedgerSubject,
	entry: LedgerEntry,
): Promise<Run> {
	const { ledger } = batch;
	const run = await createRun(batch, item, subject, entry);
	if (entry.findable || !ledger.isOfAnother(item.itemIndex, run)) return run;
	return await createRun(batch, item, subject, ledger.renew(subject));
}

async function createRun(
	batch: Batch,
	item: ItemInProgress,
	subject: LedgerSubject,
	entry: LedgerEntry,
): Promise<Run> {
	const { client, ledger, runSlots } = batch;
	const { itemIndex, plan, signal } = item;
	const callbackUrl = entry.uncertain ? entry.callbackUrl : plan.callbackUrl;
	const uploadUrls = entry.uncertain ? { ...entry.uploadUrls } : {};
	const request = await requestOf(batch, item, { ...entry, callbackUrl, uploadUrls });
	const sending = ledger.update(itemIndex, entry, { uncertain: true, callbackUrl, uploadUrls });
	const create = runSlots.begin();
	const run = await client
		.createRun(plan.model, request, {
			idempotencyKey: sending.idempotencyKey,
			startedAt: sending.startedAt,
			findable: sending.findable,
			isTaken: (found) => ledger.isOfAnother(itemIndex, found),
			take: (found) => ledger.take(itemIndex, sending, found),
			uncertain: entry.uncertain,
			repeatsRefused: !runSlots.repeatsRefused,
			timeoutMs: timeoutMsOf(batch, item),
			signal,
		})
		.catch((error: unknown) => {
			create.failed(error);
			if (error instanceof RunflowError && !error.mayBePaid) ledger.renew(subject);
			throw error;
		});
	const accepted = { runId: run.id, uncertain: false, acceptedAt: Date.now() };
	ledger.update(itemIndex, sending, accepted);
	create.accepted();
	return run;
}

/**
 * Sends the create of a run once more, to the letter and with its key, because a replay by that key has
 * the images of sync mode in it (BATCH-C). Returns what the API answers, be it another run. Throws
 * RunflowError.
 */
export async function repeatCreate(
	batch: Batch,
	item: ItemInProgress,
	entry: LedgerEntry,
): Promise<Run> {
	const request = await requestOf(batch, item, entry);
	return await batch.client.createRun(item.plan.model, request, {
		idempotencyKey: entry.idempotencyKey,
		startedAt: entry.startedAt,
		findable: false,
		uncertain: false,
		timeoutMs: timeoutMsOf(batch, item),
		signal: item.signal,
	});
}

/** What is sent for an entry; the URLs of images that are uploaded or read for it are noted in its `uploadUrls`. */
async function requestOf(
	{ uploads }: Batch,
	{ plan, signal }: ItemInProgress,
	{ callbackUrl, clientRef, metadata, uploadUrls }: LedgerEntry,
): Promise<RunRequest> {
	const { input, inputImages } = plan;
	const urls = inputImages && (await uploads.urlsOf(inputImages, uploadUrls, signal));
	return {
		input: { ...input, ...urls },
		client_ref: clientRef,
		...(Object.keys(metadata).length > 0 && { metadata }),
		...(callbackUrl !== null && { callback_url: callbackUrl }),
	};
}

/** What runs have in common that take about as long; null where that is not to be used. */
function kindOf({ input, model }: ImagePlan, isPaceLearnt: boolean): string | null {
	if (!isPaceLearnt) return null;
	const { image_size, num_images, quality } = input;
	return JSON.stringify([model, image_size, quality, num_images]);
}

function timeoutMsOf({ options }: Batch, { plan }: ItemInProgress): number {
	return plan.input.sync_mode ? options.timeoutSeconds * 1000 : createTimeoutMs;
}
