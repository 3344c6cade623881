import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { isTerminal } from '../../../../runflow/status';
import { connect } from '../../connection';
import { toErrorRow } from '../../errors/errorRow';
import { wordsForAbandonedRuns } from '../../errors/otherRuns';
import { addSummaryHint, addWarning } from '../../output/hints';
import type { RunResult } from '../../output/items';
import { addReuseGapHints, addSilentRunsHint } from '../../output/reuseHints';
import { outputOf } from '../../output/tool';
import { readNodeOptions } from '../../parameters/node';
import { findAbandonedRuns } from '../../runs/abandonedRuns';
import { openBatch, type PlannedItem } from '../../runs/batch';
import { fingerprintImages } from '../../runs/fingerprints';
import { suspend } from '../../suspension/suspend';
import { workByCompletion } from './completions';
import { inParallel } from './inParallel';
import { planItems, type PlanItem } from './planItems';

/**
 * The one way from items to images. Reads and checks every item before anything is sent, runs them in
 * parallel, and returns items in the order of the input. `planItem` reads one item and throws where
 * it can't be sent.
 */
export async function makeImages(
	context: IExecuteFunctions,
	planItem: PlanItem,
): Promise<INodeExecutionData[]> {
	const options = readNodeOptions(context);
	const { client, baseUrl } = await connect(context);
	const { planned: read, refused } = planItems(context, planItem, options, baseUrl);
	const planned = await fingerprintImages(context, read);

	const batch = openBatch(context, client, options);
	const work = workByCompletion[options.completion];
	const outcomes = [...refused, ...(await inParallel(batch, planned, work))];
	outcomes.sort((one, other) => one.itemIndex - other.itemIndex);
	const abandoned = await findAbandonedRuns(batch, planned);
	if (abandoned.isCertain && abandoned.runIds.length > 0) {
		addWarning(context, wordsForAbandonedRuns(abandoned.runIds));
	}
	const results = outcomes.flatMap((outcome) => ('result' in outcome ? [outcome.result] : []));
	const failed = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome] : []));
	addReuseGapHints(context, batch.reusableRuns.gaps);
	if (options.completion === 'suspend') return await suspend(batch, results, failed);

	addSummaryHint(context, results, failed.length);
	if (options.completion === 'none') addSilentRunsHint(context, countSilent(planned, results));
	return outcomes.flatMap((outcome) =>
		'result' in outcome
			? outputOf(context, outcome.result)
			: [toErrorRow(context.getNode(), outcome.error, outcome.itemIndex)],
	);
}

/** How many reused runs won't call the callback URL that their item has. */
function countSilent(planned: PlannedItem[], results: RunResult[]): number {
	const wanted = new Map(planned.map(({ itemIndex, plan }) => [itemIndex, plan.callbackUrl]));
	return results.filter(({ itemIndex, reused, run }) => {
		const callbackUrl = wanted.get(itemIndex) ?? null;
		const isToCall = !isTerminal(run.status) && run.raw.callback_url === callbackUrl;
		return reused && callbackUrl !== null && !isToCall;
	}).length;
}
