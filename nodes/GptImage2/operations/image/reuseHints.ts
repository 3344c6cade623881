import type { IExecuteFunctions } from 'n8n-workflow';

import { labelOf } from '../../fields/labels';
import { addWarning, count } from '../../output/hints';
import type { ReuseGaps } from '../../runs/reusable';

/** Says why runs were started that 'Reuse Earlier Runs' should have saved. */
export function addReuseGapHints(
	context: IExecuteFunctions,
	{ goneRunIds, isUndeliveredUnknown, missing, syncItems, unnamedItems }: ReuseGaps,
): void {
	const reuse = `'${labelOf(['reuse'])}'`;
	const messages = [
		isUndeliveredUnknown &&
			'This node paid for runs in an execution that failed, and Runflow did not list all runs, so some of them may have been started and paid for again.',
		typeof missing === 'number' &&
			`Runflow refused to list earlier runs (HTTP ${missing}), so those it did not list were not reused, and new ones were started.`,
		missing === 'too many' &&
			`There are more runs in the time of ${reuse} than the node looks through. Older ones were not reused. Lower the number of hours.`,
		goneRunIds.size > 0 &&
			`The images of ${count(goneRunIds.size, 'earlier run')} are no longer there, so they were not reused: ${[...goneRunIds].join(', ')}.`,
		syncItems.size > 0 &&
			`${reuse} does nothing with '${labelOf(['sync_mode'])}': Runflow keeps no copy of those images.`,
		unnamedItems.size > 0 &&
			`Where '${labelOf(['clientRef'])}' is set, ${reuse} recognizes images by their URLs only. Leave it empty, or use image URLs.`,
	];
	for (const message of messages) if (message !== false) addWarning(context, message);
}

/**
 * Says that reused runs won't call this request's callback URL, because Runflow has only the URL of their
 * own request.
 */
export function addSilentRunsHint(context: IExecuteFunctions, silent: number): void {
	if (silent === 0) return;
	const label = `'${labelOf(['callbackUrl'])}'`;
	addWarning(
		context,
		`${count(silent, 'reused run')} will not call ${label}: a run calls back once, where its first request said. Branch on 'reused' to go on with them at once, or read them later with 'Get'.`,
	);
}
