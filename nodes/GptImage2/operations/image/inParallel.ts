import { NodeOperationError } from 'n8n-workflow';

import { RunFailedError, RunflowApiError } from '../../../../runflow/errors';
import { addAdvice, addDetails, toNodeError, type NodeError } from '../../errors/nodeErrors';
import {
	list,
	wordsForAbandonedRuns,
	wordsForOtherRuns,
	wordsForStoppedRuns,
	type OtherRuns,
} from '../../errors/otherRuns';
import type { RunResult } from '../../output/items';
import { continuesOnError } from '../../parameters/node';
import { findAbandonedRuns } from '../../runs/abandonedRuns';
import type { Batch, ItemInProgress, PlannedItem } from '../../runs/batch';

interface Failure {
	itemIndex: number;
	error: NodeError;
	/** Whether it failed after the node had been stopped, whatever it says of that. */
	isConsequence: boolean;
	/** Whether its run can't be read and never will be. */
	isGone: boolean;
	/** Whether its run led to nothing, so that there is nothing to continue with. */
	isOver: boolean;
}

/** How one item ended. */
export type Outcome = { itemIndex: number; result: RunResult } | Failure;

/** What is done with one item. */
export type ItemWork = (batch: Batch, item: ItemInProgress) => Promise<RunResult>;

/** n8n marks an execution as canceled by this word in the message. */
const canceled = 'The execution was canceled';

/**
 * Does `work` for all items at once; the slots of the batch limit what happens at the same time. When
 * an item fails and the node doesn't continue on errors, all are stopped: nothing new is started,
 * creates in flight are allowed to finish so that the ledger learns their run ids, and the error is
 * thrown. Only a run that is gone stops no other, since no retry would get past it.
 */
export async function inParallel(
	batch: Batch,
	planned: PlannedItem[],
	work: ItemWork,
): Promise<Outcome[]> {
	const { context, ledger } = batch;
	const node = context.getNode();
	const items = planned.map((item) => ({ ...item, stop: new AbortController() }));
	const stopAll = () => items.forEach(({ stop }) => stop.abort());
	const cancel = context.getExecutionCancelSignal();
	if (cancel?.aborted) stopAll();
	cancel?.addEventListener('abort', stopAll, { once: true });

	const failures: Failure[] = [];
	const outcomes = await Promise.all(
		items.map(async ({ itemIndex, plan, stop: { signal } }): Promise<Outcome> => {
			try {
				return { itemIndex, result: await work(batch, { itemIndex, plan, signal }) };
			} catch (error) {
				const isGone = isMissingRun(error);
				const failure = {
					itemIndex,
					error: toNodeError(node, error, itemIndex, ledger.paymentOf(itemIndex)),
					isConsequence: signal.aborted,
					isGone,
					isOver: isGone || error instanceof RunFailedError,
				};
				failures.push(failure);
				if (!isGone && !continuesOnError(context)) stopAll();
				return failure;
			}
		}),
	);
	cancel?.removeEventListener('abort', stopAll);
	await throwFirstCause(batch, planned, failures);
	return outcomes;
}

/** Throws what stopped the node; `failures` are in the order in which they happened. */
async function throwFirstCause(
	batch: Batch,
	planned: PlannedItem[],
	failures: Failure[],
): Promise<void> {
	const { context, ledger } = batch;
	const [first] = failures;
	if (first === undefined) return;
	const runsOf = (indexes: number[]): OtherRuns => {
		const payments = indexes.map((itemIndex) => ledger.paymentOf(itemIndex));
		return {
			runIds: payments.flatMap(({ runId }) => runId ?? []),
			unclearRefs: payments.flatMap(({ unclearRef }) => unclearRef ?? []),
		};
	};
	const indexes = planned.map(({ itemIndex }) => itemIndex);
	if (context.getExecutionCancelSignal()?.aborted) {
		const runs = runsOf(indexes);
		const description = wordsForStoppedRuns(runs);
		const stopped = new NodeOperationError(context.getNode(), canceled, { description });
		addDetails(stopped, { paid_runs: runs.runIds });
		throw stopped;
	}
	if (continuesOnError(context)) return;

	const gone = failures.filter(({ isGone }) => isGone);
	const real = failures.filter(({ isConsequence }) => !isConsequence);
	const cause = real.find(({ isGone }) => !isGone) ?? gone[0] ?? first;
	const done = new Set(failures.filter(({ isOver }) => isOver).map(({ itemIndex }) => itemIndex));
	const others = runsOf(
		indexes.filter((itemIndex) => itemIndex !== cause.itemIndex && !done.has(itemIndex)),
	);
	const goneToo = gone.filter((failure) => failure !== cause);
	if (goneToo.length > 0) {
		const ids = goneToo.map(({ itemIndex }) => ledger.paymentOf(itemIndex).runId ?? '');
		addAdvice(cause.error, `Not found either: ${list(ids)}.`);
	}
	addAdvice(cause.error, cause.isGone ? wordsForGone(others) : wordsForOtherRuns(others));
	const abandoned = await findAbandonedRuns(batch, planned);
	addAdvice(cause.error, wordsForAbandonedRuns(abandoned.runIds));
	const paidRuns = [...others.runIds, ...abandoned.runIds];
	if (paidRuns.length > 0) addDetails(cause.error, { paid_runs: paidRuns });
	throw cause.error;
}

function isMissingRun(error: unknown): boolean {
	return error instanceof RunflowApiError && error.httpStatus === 404 && error.runId !== null;
}

function wordsForGone({ runIds }: OtherRuns): string {
	if (runIds.length === 0) {
		return 'If it is gone for good, start a new execution instead of a retry; its image is then paid for again.';
	}
	return `All other items are finished. To get their images, choose 'Continue' as 'On Error' in the settings of the node and retry this execution: only what was not found becomes an error row, and nothing is paid for again. Their runs: ${list(runIds)}.`;
}
