import { NodeOperationError } from 'n8n-workflow';
import pLimit, { type Limit } from 'p-limit';

import { StoppedError } from '../../../../runflow/errors';
import { toNodeError } from '../../errors/nodeErrors';
import type { RunForItems } from '../../output/items';
import type { ImagePlan, RunContext } from '../../runs/startRun';

/** An input item and what it asks for. */
export interface PlannedItem {
	itemIndex: number;
	plan: ImagePlan;
}

/** How one item ended. */
export type Outcome =
	{ itemIndex: number; finished: RunForItems } | { itemIndex: number; error: unknown };

/** n8n marks an execution as canceled by this word in the message. */
const canceled = 'The execution was canceled';

/** What one item is done with: the context of its run, and the slots that all runs share. */
export type Work = (
	item: PlannedItem,
	runContext: RunContext,
	runSlots: Limit,
) => Promise<RunForItems>;

/**
 * Runs `work` for all items, its runs in `runSlots`, of which there are `concurrency`. When one fails and
 * the node doesn't go on after errors, all are stopped: nothing new is started, creates under way are
 * let finish so that the ledger learns their run ids, and the error is thrown.
 */
export async function runAll(
	shared: Omit<RunContext, 'signal'>,
	planned: PlannedItem[],
	work: Work,
): Promise<Outcome[]> {
	const { context, options } = shared;
	const stops = planned.map(() => new AbortController());
	const stopAll = () => stops.forEach((stop) => stop.abort());
	const cancel = context.getExecutionCancelSignal();
	if (cancel?.aborted) stopAll();
	cancel?.addEventListener('abort', stopAll, { once: true });

	const runSlots = pLimit(options.concurrency);
	const outcomes = await Promise.all(
		planned.map(async (item, position): Promise<Outcome> => {
			const { itemIndex } = item;
			const { signal } = stops[position] ?? new AbortController();
			try {
				return { itemIndex, finished: await work(item, { ...shared, signal }, runSlots) };
			} catch (error) {
				if (!context.continueOnFail()) stopAll();
				return { itemIndex, error };
			}
		}),
	);
	cancel?.removeEventListener('abort', stopAll);
	throwFirstFailure(shared, outcomes);
	return outcomes;
}

function throwFirstFailure(
	{ context, ledger }: Omit<RunContext, 'signal'>,
	outcomes: Outcome[],
): void {
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
			: `${others} other ${others === 1 ? 'run is' : 'runs are'} paid for or still going on. Retry this execution to take them up; they are not paid again.`;
	throw toNodeError(node, failure.error, failure.itemIndex, paid);
}
