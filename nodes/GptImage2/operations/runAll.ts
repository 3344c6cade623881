import { NodeOperationError } from 'n8n-workflow';
import pLimit, { type Limit } from 'p-limit';

import { StoppedError } from '../../../runflow/errors';
import { toNodeError } from '../errors';
import type { RunForItems } from '../items';
import type { ImagePlan, RunContext } from './runs';

/** An input item and what it asks for. */
export interface PlannedItem {
	itemIndex: number;
	plan: ImagePlan;
}

/** How one item ended. */
export type Outcome = { itemIndex: number; finished: RunForItems } | { itemIndex: number; error: unknown };

/** n8n marks an execution as canceled by this word in the message. */
const canceled = 'The execution was canceled';

/**
 * Runs `work` for all items, its runs in `runSlots`, of which there are `concurrency`. When one fails and
 * the node doesn't go on after errors, `stop` fires: nothing new is started, creates under way are let
 * finish so that the ledger learns their run ids, and the error is thrown.
 */
export async function runAll(
	runContext: RunContext,
	planned: PlannedItem[],
	stop: AbortController,
	work: (item: PlannedItem, runSlots: Limit) => Promise<RunForItems>,
): Promise<Outcome[]> {
	const { context, options } = runContext;
	const cancel = context.getExecutionCancelSignal();
	if (cancel?.aborted) stop.abort();
	cancel?.addEventListener('abort', () => stop.abort(), { once: true });

	const runSlots = pLimit(options.concurrency);
	const outcomes = await Promise.all(
		planned.map(async (item): Promise<Outcome> => {
			const { itemIndex } = item;
			try {
				return { itemIndex, finished: await work(item, runSlots) };
			} catch (error) {
				if (!context.continueOnFail()) stop.abort();
				return { itemIndex, error };
			}
		}),
	);
	throwFirstFailure(runContext, outcomes);
	return outcomes;
}

function throwFirstFailure({ context, ledger }: RunContext, outcomes: Outcome[]): void {
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
