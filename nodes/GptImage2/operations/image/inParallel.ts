import { NodeOperationError } from 'n8n-workflow';

import { StoppedError } from '../../../../runflow/errors';
import { toNodeError } from '../../errors/nodeErrors';
import type { RunResult } from '../../output/items';
import type { Batch, ItemInProgress, PlannedItem } from '../../runs/batch';

/** How one item ended. */
export type Outcome =
	{ itemIndex: number; result: RunResult } | { itemIndex: number; error: unknown };

/** What is done with one item. */
export type ItemWork = (batch: Batch, item: ItemInProgress) => Promise<RunResult>;

/** n8n marks an execution as canceled by this word in the message. */
const canceled = 'The execution was canceled';

/**
 * Does `work` for all items at once; the slots of the batch limit what happens at the same time. When
 * an item fails and the node doesn't continue on errors, all are stopped: nothing new is started,
 * creates in flight are allowed to finish so that the ledger learns their run ids, and the error is
 * thrown.
 */
export async function inParallel(
	batch: Batch,
	planned: PlannedItem[],
	work: ItemWork,
): Promise<Outcome[]> {
	const { context } = batch;
	const items = planned.map((item) => ({ ...item, stop: new AbortController() }));
	const stopAll = () => items.forEach(({ stop }) => stop.abort());
	const cancel = context.getExecutionCancelSignal();
	if (cancel?.aborted) stopAll();
	cancel?.addEventListener('abort', stopAll, { once: true });

	const outcomes = await Promise.all(
		items.map(async ({ itemIndex, plan, stop: { signal } }): Promise<Outcome> => {
			try {
				return { itemIndex, result: await work(batch, { itemIndex, plan, signal }) };
			} catch (error) {
				if (!context.continueOnFail()) stopAll();
				return { itemIndex, error };
			}
		}),
	);
	cancel?.removeEventListener('abort', stopAll);
	throwFirstFailure(batch, outcomes);
	return outcomes;
}

function throwFirstFailure({ context, ledger }: Batch, outcomes: Outcome[]): void {
	const failures = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
	const failure = failures.find(({ error }) => !(error instanceof StoppedError)) ?? failures[0];
	if (!failure) return;
	const node = context.getNode();
	if (context.getExecutionCancelSignal()?.aborted) throw new NodeOperationError(node, canceled);
	if (context.continueOnFail()) return;

	const others = outcomes.filter(
		({ itemIndex }) => itemIndex !== failure.itemIndex && ledger.hasRun(itemIndex),
	).length;
	const paid =
		others === 0
			? ''
			: `${others} other ${others === 1 ? 'run is' : 'runs are'} paid for or still pending. Retry this execution to continue with them; they are not paid for again.`;
	throw toNodeError(node, failure.error, failure.itemIndex, paid);
}
