import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';
import pLimit from 'p-limit';

import { StoppedError } from '../../../runflow/errors';
import { toErrorRow, toNodeError } from '../errors';
import { addSummaryHint } from '../hints';
import { toItems, type RunForItems } from '../items';
import { Ledger } from '../ledger';
import { readNodeOptions, type NodeOptions } from '../parameters';
import { createClient } from '../transport';
import { fetchImages, finishRun, type ImagePlan, type RunContext } from './runs';

interface PlannedItem {
	itemIndex: number;
	plan: ImagePlan;
}

/** How one item ended. */
type Outcome = { itemIndex: number; finished: RunForItems } | { itemIndex: number; error: unknown };

/** n8n marks an execution as canceled by this word in the message. */
const canceled = 'The execution was canceled';

/** Downloads are kept apart from runs: a few at once keep the network busy without filling the memory. */
const downloadsAtOnce = 4;

/**
 * The one way from items to images. Reads and checks every item before anything is sent, runs them
 * in parallel, and gives items in the order of the input. `plan` reads one item and throws where
 * it can't be sent.
 */
export async function makeImages(
	context: IExecuteFunctions,
	plan: (itemIndex: number) => ImagePlan,
): Promise<INodeExecutionData[]> {
	const options = readNodeOptions(context);
	const { planned, refused } = planAll(context, plan);
	refuseTooManyImages(context, planned, options);

	const outcomes = [...refused, ...(await runAll(context, planned, options))];
	outcomes.sort((one, other) => one.itemIndex - other.itemIndex);

	const finished = outcomes.flatMap((outcome) => ('finished' in outcome ? [outcome.finished] : []));
	addSummaryHint(context, finished, outcomes.length - finished.length);
	return outcomes.flatMap((outcome) =>
		'finished' in outcome
			? toItems(outcome.finished)
			: [toErrorRow(context.getNode(), outcome.error, outcome.itemIndex)],
	);
}

function planAll(context: IExecuteFunctions, plan: (itemIndex: number) => ImagePlan) {
	const planned: PlannedItem[] = [];
	const refused: Outcome[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		try {
			planned.push({ itemIndex, plan: plan(itemIndex) });
		} catch (error) {
			if (!context.continueOnFail()) throw toNodeError(context.getNode(), error, itemIndex);
			refused.push({ itemIndex, error });
		}
	}
	return { planned, refused };
}

function refuseTooManyImages(
	context: IExecuteFunctions,
	planned: PlannedItem[],
	{ maxImages }: NodeOptions,
): void {
	const wanted = planned.reduce((sum, { plan }) => sum + plan.input.num_images, 0);
	if (maxImages === 0 || wanted <= maxImages) return;
	throw new NodeOperationError(
		context.getNode(),
		`The items ask for ${wanted} images, and 'Max Images' allows ${maxImages}`,
		{
			description:
				"Nothing was started and nothing is paid. Raise 'Max Images' in the options, send fewer items, or lower 'Number of Images'.",
		},
	);
}

/**
 * Runs all items, at most `concurrency` at once. When one fails and the node doesn't go on after errors,
 * nothing new is started, creates under way are let finish so that the ledger learns their run ids,
 * and the error is thrown.
 */
async function runAll(
	context: IExecuteFunctions,
	planned: PlannedItem[],
	options: NodeOptions,
): Promise<Outcome[]> {
	if (planned.length === 0) return [];
	const stop = new AbortController();
	const cancel = context.getExecutionCancelSignal();
	if (cancel?.aborted) stop.abort();
	cancel?.addEventListener('abort', () => stop.abort(), { once: true });

	const runContext: RunContext = {
		context,
		client: await createClient(context),
		ledger: Ledger.of(context),
		options,
		signal: stop.signal,
	};
	const runSlots = pLimit(options.concurrency);
	const downloadSlots = pLimit(downloadsAtOnce);

	const outcomes = await Promise.all(
		planned.map(async ({ itemIndex, plan }): Promise<Outcome> => {
			try {
				const run = await runSlots(async () => await finishRun(runContext, itemIndex, plan));
				const finished = await downloadSlots(
					async () => await fetchImages(runContext, itemIndex, plan, run),
				);
				return { itemIndex, finished };
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
