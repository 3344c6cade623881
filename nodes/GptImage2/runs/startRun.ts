import type { CreateOptions, CreateOutcome, FailedCreate } from '../../../runflow/createRun';
import {
	DisputedRunError,
	returnNullIfNotFound,
	RunFailedError,
	RunflowApiError,
	StoppedError,
	type RunflowError,
} from '../../../runflow/errors';
import type { RunRequest } from '../../../runflow/input';
import { createdRunSchema, type Run } from '../../../runflow/run';
import { hasSucceeded, mayDeliver } from '../../../runflow/status';
import type { RunSource } from '../output/items';
import type { Batch, RequestInProgress } from './batch';
import { attemptSchema, type Attempt, type NewEntry, type RunEntry, type SentEntry } from './entry';
import { placeOf } from './owners';
import type { ImagePlan } from './request';
import { take } from './undelivered';

const createTimeoutMs = 60_000;

/** The runs that this process is starting, by what several calls or retries may ask for at once. */
const starting = new Map<string, Promise<Run>>();

/**
 * Brings one item to a run that ended well: continues the run in the ledger, takes up one that was paid
 * for before, or creates one, and waits for its end. In place of one that was taken up and then failed it
 * starts another. Throws RunflowError, RunFailedError for a run of the item's own that failed or was
 * cancelled.
 */
export async function finishRun(batch: Batch, request: RequestInProgress): Promise<Run> {
	const { client, ledger, options, runSlots } = batch;
	const { isPaceLearnt, pollSeconds, timeoutSeconds } = options;
	const { plan, signal } = request;
	const kind = kindOf(plan, isPaceLearnt);
	for (;;) {
		const started = await startRun(batch, request);
		const { createdAt = null, source = 'created' } = ledger.runOf(request) ?? {};
		const age = createdAt === null ? {} : { startedAt: createdAt, kind };
		const wait = { ...age, pollSeconds, timeoutSeconds, isWhole: plan.output.includeRun, signal };
		const waiting = runSlots.whilePending(async () => await client.waitForRun(started, wait));
		if (!isReplaceable(source)) return succeeded(await waiting);
		const run = await waiting.catch(returnNullIfNotFound);
		if (run !== null && hasSucceeded(run.status)) return run;
	}
}

/** Whether another run is started in place of one that came to nothing: it was not asked for by this execution. */
function isReplaceable(source: RunSource): boolean {
	return source === 'reuse' || source === 'undelivered';
}

function succeeded(run: Run): Run {
	if (hasSucceeded(run.status)) return run;
	throw new RunFailedError(run);
}

/**
 * The run of an item: the one that is already paid for or pending, else a new one. Throws RunflowError
 * when none could be started.
 */
export async function startRun(batch: Batch, request: RequestInProgress): Promise<Run> {
	if (request.signal.aborted) throw new StoppedError();
	const key = sharedKeyOf(batch, request);
	const underway = key === null ? undefined : starting.get(key);
	if (underway !== undefined) return await joinStart(batch, request, underway);
	const start = continueOrCreate(batch, request);
	if (key === null) return await start;
	const started = start.finally(() => starting.delete(key));
	starting.set(key, started);
	return await started;
}

/**
 * Under what others may be starting the same run in this process: calls of a tool that ask for the same,
 * and retries of one execution that were started at once. Null where nobody can.
 */
function sharedKeyOf({ execution }: Batch, request: RequestInProgress): string | null {
	const { beginning, executionId, isRetry, isTool, scope } = execution;
	const place = placeOf(execution, request);
	if (isTool) return [scope, executionId, place].join(' ');
	const { establishedAt, tokenHash } = beginning;
	if (!isRetry || establishedAt === null) return null;
	return [scope, establishedAt, tokenHash, place, request.sourceHash].join(' ');
}

async function joinStart(
	{ ledger }: Batch,
	request: RequestInProgress,
	underway: Promise<Run>,
): Promise<Run> {
	const run = await underway;
	if (ledger.current(request) === null) {
		ledger.noteRun(request, ledger.begin(request), { run, source: 'crash' });
	}
	return run;
}

async function continueOrCreate(batch: Batch, request: RequestInProgress): Promise<Run> {
	const { client, execution, knownRuns, ledger } = batch;
	const entry = ledger.current(request);
	if (entry?.state === 'sent') return await createOwnRun(batch, request, entry);
	if (entry?.state === 'run') {
		take(execution.scope, entry.runId);
		const pending = createdRunSchema.parse({ id: entry.runId });
		const reading = client.getKnownRun(pending, entry.createdAt, request.signal);
		const isOwn = !isReplaceable(entry.source);
		const run = isOwn ? await reading : await reading.catch(returnNullIfNotFound);
		if (run !== null && mayDeliver(run.status)) return run;
	}
	const known = await knownRuns.find(request, request.signal);
	const next = ledger.begin(request);
	if (known === null) return await createOwnRun(batch, request, next);
	ledger.noteRun(request, next, { run: known.run, source: known.source });
	return known.run;
}

/**
 * Creates a run, and another where the API answers with a run that another item was given: one that asks
 * for the same under the same reference, and looked for its own. Throws RunflowError.
 */
async function createOwnRun(
	batch: Batch,
	request: RequestInProgress,
	entry: NewEntry | SentEntry,
): Promise<Run> {
	const { execution, ledger, owners } = batch;
	let created = await createRun(batch, request, entry);
	const { isTaken } = owners.claimOf(execution, request);
	if (!entry.isOwnRef && isTaken(created.run)) {
		created = await createRun(batch, request, ledger.begin(request));
	}
	const { run, sent } = created;
	ledger.noteRun(request, sent, { run, source: 'created', accepted: sent.body });
	return run;
}

async function createRun(
	batch: Batch,
	request: RequestInProgress,
	entry: NewEntry | SentEntry,
): Promise<{ run: Run; sent: SentEntry }> {
	const { execution, ledger, owners, runSlots } = batch;
	const body = entry.state === 'sent' ? entry.body : await bodyOf(batch, request, entry);
	const sent: SentEntry = ledger.write(request, {
		...attemptSchema.parse(entry),
		state: 'sent',
		body,
		isDisputed: entry.state === 'sent' && entry.isDisputed,
	});
	const create = runSlots.begin();
	const outcome = await sendCreate(batch, request, sent, {
		...owners.claimOf(execution, request),
		findable: sent.isOwnRef,
		uncertain: entry.state === 'sent',
		isRefusalFinal: runSlots.repeatsRefused,
	});
	if ('run' in outcome) {
		create.accepted();
		return { run: outcome.run, sent };
	}
	create.failed(outcome.error);
	throw noteFailedCreate(batch, request, sent, outcome);
}

/** Notes in the ledger how a create failed; returns the error to throw. */
function noteFailedCreate(
	{ ledger }: Batch,
	request: RequestInProgress,
	sent: SentEntry,
	{ error, mayBePaid }: FailedCreate,
): RunflowError {
	const isConflict = error instanceof RunflowApiError && error.httpStatus === 409;
	if (!mayBePaid) ledger.write(request, { ...attemptSchema.parse(sent), state: 'new' });
	else if (isConflict) ledger.write(request, { ...sent, isDisputed: true });
	return isConflict && sent.isDisputed ? new DisputedRunError(sent.clientRef) : error;
}

/**
 * Sends the create of a run once more, to the letter and with its key, because a replay by that key has
 * the images of sync mode in it (BATCH-C). Returns what the API answers, which may be another run; null
 * where what was sent isn't known. Throws RunflowError.
 */
export async function repeatCreate(
	batch: Batch,
	request: RequestInProgress,
	{ body, ...entry }: RunEntry,
): Promise<Run | null> {
	if (body === null) return null;
	const outcome = await sendCreate(batch, request, { ...entry, body }, {});
	if ('error' in outcome) throw outcome.error;
	return outcome.run;
}

async function sendCreate(
	{ client, options: { timeoutSeconds } }: Batch,
	{ plan, signal }: RequestInProgress,
	{ body, idempotencyKey, startedAt }: { body: RunRequest } & Attempt,
	options: Partial<CreateOptions>,
): Promise<CreateOutcome> {
	return await client.createRun(plan.model, body, {
		idempotencyKey,
		startedAt,
		findable: false,
		uncertain: false,
		timeoutMs: body.input.sync_mode ? timeoutSeconds * 1000 : createTimeoutMs,
		signal,
		...options,
	});
}

/** What is sent for an attempt; binary images are uploaded for it. Throws RunflowError. */
async function bodyOf(
	{ inputImages }: Batch,
	{ plan, signal }: RequestInProgress,
	{ clientRef }: NewEntry,
): Promise<RunRequest> {
	const { callbackUrl, input, metadata } = plan;
	const urls = plan.inputImages && (await inputImages.urlsOf(plan.inputImages, signal));
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
