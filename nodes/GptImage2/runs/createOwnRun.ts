import type { CreateOptions, CreateOutcome, FailedCreate } from '../../../runflow/createRun';
import { DisputedRunError, RunflowApiError, type RunflowError } from '../../../runflow/errors';
import type { RunRequest } from '../../../runflow/input';
import type { Run } from '../../../runflow/run';
import type { Batch, RequestInProgress } from './batch';
import { attemptSchema, type Attempt, type NewEntry, type RunEntry, type SentEntry } from './entry';
import { findByReference } from './findByReference';

const createTimeoutMs = 60_000;

/**
 * Creates a run. The API may answer with a run that another item has already taken, because that item asks
 * for the same under the same reference and was searching for its own. Then this item takes the run that
 * was meant for the other one, and another run is created only if there is none. Throws RunflowError.
 */
export async function createOwnRun(
	batch: Batch,
	request: RequestInProgress,
	entry: NewEntry | SentEntry,
): Promise<Run> {
	const { execution, ledger, owners } = batch;
	const created = await createRun(batch, request, entry);
	const { isTaken } = owners.claimOf(execution, request);
	if (!entry.isOwnRef && isTaken(created.run)) {
		const others = await findByReference(batch, request, entry.clientRef, request.signal);
		if (others === null) return await createOwnRun(batch, request, ledger.begin(request));
		created.run = others;
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

/** Records in the ledger how a create failed; returns the error to throw. */
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
 * Sends the create of a run again, identical and with its key, because a replay with that key includes the
 * images of sync mode (BATCH-C). Returns what the API answers, which may be another run; null if it isn't
 * known what was sent. Throws RunflowError.
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

/** The body to send for an attempt; binary images are uploaded for it. Throws RunflowError. */
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
