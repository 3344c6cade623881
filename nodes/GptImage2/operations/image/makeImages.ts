import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { isTerminal } from '../../../../runflow/status';
import { connect } from '../../connection';
import { failureRows, toErrorRow } from '../../errors/errorRow';
import { wordsForLeftOverRuns } from '../../errors/otherRuns';
import { withExtras } from '../../output/extras';
import {
	addHints,
	addMaskHint,
	addStartedHint,
	addSummaryHint,
	addTakenUpHint,
	addWarning,
} from '../../output/hints';
import { isTakenUp, isWhole, type RunResult } from '../../output/items';
import { outputOf } from '../../output/tool';
import { readNodeOptions } from '../../parameters/node';
import { openBatch } from '../../runs/batch';
import { requestsOf, type Request } from '../../runs/request';
import { noteOutput } from '../../runs/undelivered';
import { suspend } from '../../suspension/suspend';
import { takeAgain } from '../../suspension/suspension';
import { failFor, workByCompletion } from './completions';
import { inParallel, type Failure, type Outcome } from './inParallel';
import { planItems, type PlanItem } from './planItems';
import { addReuseGapHints, addSilentRunsHint } from './reuseHints';

/**
 * The only path from items to images. Reads and checks every item before anything is sent, processes them
 * in parallel, and returns items in input order. `planItem` reads one item and throws if it can't be sent.
 */
export async function makeImages(
	context: IExecuteFunctions,
	planItem: PlanItem,
): Promise<INodeExecutionData[]> {
	const again = takeAgain(context);
	if (again !== null && 'items' in again) {
		addHints(context, again.hints);
		return withExtras(context, again.items);
	}
	const options = readNodeOptions(context);
	const connection = await connect(context);
	if (connection.needsItems && options.completion === 'suspend')
		throw unreadableWhenSuspended(context);
	const { planned, refused } = await planItems(
		context,
		planItem,
		options,
		connection.client.baseUrl,
	);
	const requests = await requestsOf(context, planned);

	const batch = openBatch(context, connection, options, requests);
	const { knownRuns, ledger } = batch;
	const work = again ? failFor(again.failedRuns) : workByCompletion[options.completion];
	const outcomes: Array<Outcome | Failure> = [...refused, ...(await inParallel(batch, work))];
	outcomes.sort((one, other) => one.itemIndex - other.itemIndex);
	const results = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
	const whole = new Set(results.filter(isWhole).map(({ run }) => run.id));
	const entries = requests
		.flatMap((request) => ledger.runOf(request) ?? [])
		.filter(({ runId }) => whole.has(runId));
	const state = options.completion === 'suspend' ? 'taken' : 'output';
	await noteOutput(context, batch.execution, { entries, state });
	const { isCertain, runIds } = await knownRuns.leftOver(ledger);
	if (isCertain && runIds.length > 0) addWarning(context, wordsForLeftOverRuns(runIds));
	const failed = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
	addReuseGapHints(context, knownRuns.gaps);
	if (requests.some(hasTransparentMask)) addMaskHint(context);
	if (options.completion === 'suspend') {
		const fail = async (failedRuns: string[]) => await inParallel(batch, failFor(failedRuns));
		return withExtras(context, await suspend(batch, { results, failed, fail }));
	}

	const missing = results.flatMap(({ failures = [] }) => failures);
	if (options.completion === 'none') {
		const started = results.filter((result) => !isTakenUp(result)).length;
		if (started + failed.length > 0) addStartedHint(context, started, failed.length);
		addTakenUpHint(context, results);
		addSilentRunsHint(context, countSilent(requests, results));
	} else addSummaryHint(context, results, failed.length + missing.length);
	const rows = outcomes.flatMap((outcome) =>
		'result' in outcome
			? [...outputOf(context, outcome.result), ...failureRows(context.getNode(), outcome.result)]
			: [toErrorRow(context.getNode(), outcome.error, outcome.itemIndex, outcome.known)],
	);
	return withExtras(context, rows);
}

function hasTransparentMask({ plan }: Request): boolean {
	const mask = plan.inputImages?.mask ?? null;
	return mask !== null && 'binary' in mask && mask.isTransparent;
}

function unreadableWhenSuspended(context: IExecuteFunctions): NodeOperationError {
	return new NodeOperationError(
		context.getNode(),
		"'Suspend Until Callback' can't be used with an expression on items in the credential",
		{
			description:
				"n8n can't evaluate it once the execution is suspended, so the images could not be fetched. Choose 'Wait in This Execution' as 'While Runflow Works', or enter the value itself. Nothing was sent to Runflow.",
		},
	);
}

/** How many of the runs that were taken up won't call their item's callback URL. */
function countSilent(requests: Request[], results: RunResult[]): number {
	const wanted = new Map(requests.map(({ itemIndex, plan }) => [itemIndex, plan.callbackUrl]));
	return results.filter((result) => {
		const { itemIndex, run } = result;
		const callbackUrl = wanted.get(itemIndex) ?? null;
		const isToCall = !isTerminal(run.status) && run.raw.callback_url === callbackUrl;
		return isTakenUp(result) && callbackUrl !== null && !isToCall;
	}).length;
}
