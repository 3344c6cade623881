import { NodeOperationError } from 'n8n-workflow';

import { DisputedRunError, isNotFound, RunFailedError } from '../../../../runflow/errors';
import { toNodeError, type Circumstances } from '../../errors/nodeErrors';
import {
	list,
	wordsForLeftOverRuns,
	wordsForOtherRuns,
	wordsForStoppedRuns,
	type OtherRuns,
} from '../../errors/otherRuns';
import type { Picture } from '../../errors/picture';
import { isWhole, type RunResult } from '../../output/items';
import { continuesOnError } from '../../parameters/node';
import type { Batch, RequestInProgress } from '../../runs/batch';
import type { Payment } from '../../runs/ledger';
import type { Request } from '../../runs/request';
import { noteFailure } from '../../runs/undelivered';

/** An item that failed. */
export interface Failure {
	itemIndex: number;
	error: unknown;
	/** What is known besides the error, for the wording of the message. */
	known?: Circumstances;
}

/** A request that failed. */
interface FailedRequest extends Failure {
	requestNumber: number;
	known: Payment & { picture: Picture };
	/** Whether it failed only because the node had been stopped, whatever its error says. */
	isConsequence: boolean;
	/** Whether a retry wouldn't help: its run can't be read, or it is unknown whether there is one. */
	isDeadEnd: boolean;
	/** Whether its run has been missing for so long that it may be gone permanently. */
	mayBeGone: boolean;
	/** Whether its run is over without a result, so there is nothing to continue with. */
	isOver: boolean;
}

/** The outcome of a request. */
export type Outcome =
	{ itemIndex: number; requestNumber: number; result: RunResult } | FailedRequest;

/** The work done for one request. */
export type RequestWork = (batch: Batch, request: RequestInProgress) => Promise<RunResult>;

/**
 * A run that isn't found this long after its item began may be gone permanently; before that, the API may
 * lag.
 */
const missingForMs = 3_600_000;

/** n8n marks an execution as canceled if its message contains this word. */
const canceled = 'The execution was canceled';

/**
 * Does `work` for all requests at once; the batch's slots limit how much happens at the same time. If one
 * fails and the node doesn't continue on errors, all are stopped: nothing new is started, creates in flight
 * may finish so that their run ids reach the ledger, and the error is thrown. Only a dead end doesn't stop
 * the others.
 */
export async function inParallel(batch: Batch, work: RequestWork): Promise<Outcome[]> {
	const { context, ledger } = batch;
	const requests = batch.requests.map((request) => ({ request, stop: new AbortController() }));
	const stopAll = () => requests.forEach(({ stop }) => stop.abort());
	const cancel = context.getExecutionCancelSignal();
	if (cancel?.aborted) stopAll();
	cancel?.addEventListener('abort', stopAll, { once: true });

	const failed: FailedRequest[] = [];
	const outcomes = await Promise.all(
		requests.map(async ({ request, stop: { signal } }, index): Promise<Outcome> => {
			const { itemIndex, requestNumber } = request;
			const place = { itemIndex, requestNumber };
			try {
				return { ...place, result: await work(batch, { ...request, signal }) };
			} catch (error) {
				const isDeadEnd = isMissingRun(error) || error instanceof DisputedRunError;
				const isOver = isDeadEnd || (error instanceof RunFailedError && error.isOver);
				const { channel, input } = request.plan;
				const { prompt } = input;
				const picture = { number: index + 1, of: requests.length, prompt, channel };
				const known = { ...ledger.paymentOf(request), picture };
				const isConsequence = signal.aborted;
				const { startedAt = Infinity } = ledger.current(request) ?? {};
				const mayBeGone = isMissingRun(error) && Date.now() - startedAt > missingForMs;
				const failure = { ...place, error, known, isConsequence, isDeadEnd, isOver, mayBeGone };
				failed.push(failure);
				if (!isDeadEnd && !continuesOnError(context)) stopAll();
				return failure;
			}
		}),
	);
	cancel?.removeEventListener('abort', stopAll);
	await throwFirstCause(batch, failed);
	await noteMissing(batch, failed, outcomes);
	return outcomes;
}

/** Throws the error that stopped the node; `failed` is in the order of failure. */
async function throwFirstCause(batch: Batch, failed: FailedRequest[]): Promise<void> {
	const { context, knownRuns, ledger, requests } = batch;
	const node = context.getNode();
	const [first] = failed;
	if (first === undefined) return;
	const isOver = new Set(failed.filter((failure) => failure.isOver).map(numberOf));
	const toContinue = requests.filter((request) => !isOver.has(numberOf(request)));
	if (context.getExecutionCancelSignal()?.aborted) {
		const started = otherRuns(batch, requests);
		const description = wordsForStoppedRuns(started);
		const stopped = new NodeOperationError(node, canceled, { description });
		await noteUndelivered(batch, toContinue);
		throw toNodeError(node, stopped, 0, { details: { paid_runs: started.runIds } });
	}
	if (continuesOnError(context)) return;

	const deadEnds = failed.filter(({ isDeadEnd }) => isDeadEnd);
	const real = failed.filter(({ isConsequence }) => !isConsequence);
	const cause = real.find(({ isDeadEnd }) => !isDeadEnd) ?? deadEnds[0] ?? first;
	const others = otherRuns(
		batch,
		toContinue.filter((request) => numberOf(request) !== numberOf(cause)),
	);
	const gone = deadEnds.filter((failure) => failure !== cause && failure.known.runId !== null);
	const leftOver = await knownRuns.leftOver(ledger);
	const paid = [...others.runIds, ...leftOver.runIds];
	await noteUndelivered(batch, toContinue);
	throw toNodeError(node, cause.error, cause.itemIndex, {
		...cause.known,
		advice: [
			gone.length > 0
				? `Not found either: ${list(gone.map(({ known }) => known.runId ?? ''))}.`
				: '',
			cause.isDeadEnd ? wordsForDeadEnd(cause, others) : wordsForOtherRuns(others),
			wordsForLeftOverRuns(leftOver.runIds),
		],
		details: paid.length > 0 ? { paid_runs: paid } : {},
	});
}

/** Records the runs that have an error row, for all or some of their images. */
async function noteMissing(
	batch: Batch,
	failed: FailedRequest[],
	outcomes: Outcome[],
): Promise<void> {
	const { ledger, owners, requests } = batch;
	const isFailed = new Set(failed.map(numberOf));
	const partial = outcomes.filter((outcome) => 'result' in outcome && !isWhole(outcome.result));
	if (failed.length + partial.length === 0) return;
	const toContinue = new Set([...failed.filter(({ isOver }) => !isOver), ...partial].map(numberOf));
	const isFirst = isFailed.has(0) || !requests.some((request) => numberOf(request) === 0);
	const undelivered = requests.filter((request) => toContinue.has(numberOf(request)));
	await noteUndelivered(batch, undelivered, isFirst);
	// An error row may return to this node as another item of the same execution.
	const entries = undelivered.flatMap((request) => ledger.runOf(request) ?? []);
	for (const { runId } of entries) owners.release(runId);
}

async function noteUndelivered(
	{ context, execution, ledger }: Batch,
	requests: Request[],
	isFirst = true,
): Promise<void> {
	const entries = requests.flatMap((request) => ledger.runOf(request) ?? []);
	await noteFailure(context, execution, { entries, isFirst });
}

const numberOf = ({ requestNumber }: { requestNumber: number }) => requestNumber;

function otherRuns({ ledger }: Batch, requests: Request[]): OtherRuns {
	const payments = requests.map((request) => ledger.paymentOf(request));
	return {
		runIds: payments.flatMap(({ runId }) => runId ?? []),
		unclearRefs: payments.flatMap(({ unclearRef }) => unclearRef ?? []),
	};
}

function isMissingRun(error: unknown): boolean {
	return isNotFound(error) && error.runId !== null;
}

function wordsForDeadEnd({ mayBeGone }: FailedRequest, { runIds }: OtherRuns): string {
	if (runIds.length > 0) {
		return `All other items are finished. To get their images, choose 'Continue' as 'On Error' in the settings of the node and retry this execution: only what was not found becomes an error row, and nothing is paid for again. Their runs: ${list(runIds)}.`;
	}
	return mayBeGone
		? 'If it is gone for good, start a new execution instead of a retry; its image is then paid for again.'
		: '';
}
