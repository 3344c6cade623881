import { returnNullIfNotFound, RunFailedError, StoppedError } from '../../../runflow/errors';
import { isRefused } from '../../../runflow/refusal';
import { namedRun, type Run } from '../../../runflow/run';
import { hasSucceeded, mayDeliver } from '../../../runflow/status';
import type { RunSource } from '../output/items';
import type { Batch, RequestInProgress } from './batch';
import { createOwnRun } from './createOwnRun';
import { placeOf } from './owners';
import { readReference } from './reference';
import type { ImagePlan } from './request';
import { take } from './undelivered';

/** The runs that this process is starting, by a key that several calls or retries may share. */
const starting = new Map<string, Promise<Run>>();

/**
 * Gets one item to a run that succeeded: continues the run in the ledger, takes up one that is already paid
 * for, or creates one, and waits for its end. If a run that was taken up fails, another is started. Throws
 * RunflowError; RunFailedError if the item's own run failed or was cancelled.
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

/** Whether another run is started if this one fails, because this execution didn't ask for it. */
function isReplaceable(source: RunSource): boolean {
	return source === 'reuse' || source === 'undelivered';
}

function succeeded(run: Run): Run {
	if (hasSucceeded(run.status)) return run;
	throw new RunFailedError(run);
}

/**
 * Returns the run of an item: the one that is already paid for or pending, otherwise a new one. Throws
 * RunflowError if none could be started.
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
 * The key under which others may be starting the same run in this process: calls of a tool that ask for the
 * same, and retries of one execution that were started at once. Null if nobody else can.
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
	if (ledger.runOf(request)?.runId !== run.id) {
		ledger.noteRun(request, ledger.begin(request), { run, source: 'crash' });
	}
	return run;
}

/**
 * Returns the run that an item has, as it is now; null if it has none, or if it is another's run that is
 * gone. Throws RunflowError.
 */
export async function currentRun(
	{ client, execution, ledger }: Batch,
	request: RequestInProgress,
): Promise<Run | null> {
	const entry = ledger.runOf(request);
	if (entry === null) return null;
	take(execution.scope, entry.runId);
	const reading = client.getKnownRun(namedRun(entry), request.signal);
	return isReplaceable(entry.source) ? await reading.catch(returnNullIfNotFound) : await reading;
}

async function continueOrCreate(batch: Batch, request: RequestInProgress): Promise<Run> {
	const { execution, knownRuns, ledger } = batch;
	const entry = ledger.current(request);
	if (entry?.state === 'sent') return await createOwnRun(batch, request, entry);
	const run = await currentRun(batch, request);
	if (run !== null && mayDeliver(run.status)) return run;
	// Whoever retries an execution does so on purpose; Retry On Fail would only ask for the same again.
	const { executionId = null } = readReference(entry?.clientRef ?? null) ?? {};
	const isOfThisExecution = executionId === execution.executionId;
	if (run !== null && isRefused(run) && isOfThisExecution) throw new RunFailedError(run);
	const known = await knownRuns.find(request, request.signal);
	const next = ledger.begin(request);
	if (known === null) return await createOwnRun(batch, request, next);
	ledger.noteRun(request, next, { run: known.run, source: known.source });
	return known.run;
}

/** What runs that take about as long have in common; null if that isn't to be used. */
function kindOf({ input, model }: ImagePlan, isPaceLearnt: boolean): string | null {
	if (!isPaceLearnt) return null;
	const { image_size, num_images, quality } = input;
	return JSON.stringify([model, image_size, quality, num_images]);
}
