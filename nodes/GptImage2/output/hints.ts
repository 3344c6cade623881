import type { IExecuteFunctions, NodeExecutionHint } from 'n8n-workflow';

import { isTakenUp, type RunResult, type RunSource } from './items';

const costDecimals = 6;

/** What runs cost together, in dollars; null where none has a cost. */
export function totalCost(costs: Array<number | null>): string | null {
	const known = costs.filter((cost) => cost !== null);
	if (known.length === 0) return null;
	const total = known.reduce((sum, cost) => sum + cost, 0);
	return String(Number(total.toFixed(costDecimals)));
}

/** A message above the output. */
export type Hint = Pick<NodeExecutionHint, 'message'> & { type: 'info' | 'warning' };

/** Adds a hint that says what the node made. */
export function addSummaryHint(
	context: IExecuteFunctions,
	finished: RunResult[],
	failed: number,
): void {
	addHints(context, summaryOf(finished, failed));
}

/** Says that runs were started whose images come later. */
export function addStartedHint(context: IExecuteFunctions, started: number, failed: number): void {
	const come = started === 1 ? 'its picture comes' : 'their pictures come';
	const parts = [`${count(started, 'run')} started`, ...(failed > 0 ? [`${failed} failed`] : [])];
	const type = failed > 0 ? 'warning' : 'info';
	addHint(context, type, `${parts.join(', ')}; ${come} later: by callback, or with Run → Get.`);
}

/** Says what a mask with transparent parts may mean. */
export function addMaskHint(context: IExecuteFunctions): void {
	addWarning(
		context,
		"The mask is a PNG with transparency. Runflow edits what is white in a mask and keeps what is black; a mask made for n8n's OpenAI node, which edits what is transparent, says the opposite. If the wrong part is edited, invert the mask.",
	);
}

/** Says what the node made: images, failed items, and the cost as the API reported it. */
export function summaryOf(finished: RunResult[], failed: number): Hint[] {
	const images = finished.reduce((sum, { images: delivered }) => sum + delivered.length, 0);
	const partial = finished.filter(({ run }) => run.status === 'partial_succeeded');
	const parts = [
		`${count(images, 'image')} from ${count(finished.length, 'run')}`,
		...wordsForTakenUp(finished),
		`${failed} failed`,
		wordsForCost(finished),
	];
	const summary: Hint = { type: failed > 0 ? 'warning' : 'info', message: `${parts.join(', ')}.` };
	if (partial.length === 0) return [summary];
	const message = `${count(partial.length, 'run')} delivered only part of the images: ${partial.map(({ run }) => run.id).join(', ')}.`;
	return [summary, { type: 'warning', message }];
}

/** Adds these hints above the output. */
export function addHints(context: IExecuteFunctions, hints: Hint[]): void {
	for (const { message, type } of hints) addHint(context, type, message);
}

/**
 * Says how many runs are reused, or were paid for by an execution that failed, and what they originally
 * cost.
 */
function wordsForTakenUp(results: RunResult[]): string[] {
	const from = (wanted: RunSource) => results.filter(({ source }) => source === wanted);
	const costOf = (runs: RunResult[], what: string) => {
		const cost = totalCost(runs.map(({ run }) => run.cost));
		return cost === null ? '' : ` ($${cost} ${what})`;
	};
	const reused = from('reuse');
	const taken = from('undelivered');
	const pictures = taken.reduce((sum, { images }) => sum + images.length, 0);
	const nouns = pictures > 0 ? count(pictures, 'picture') : count(taken.length, 'run');
	return [
		...(reused.length > 0 ? [`${reused.length} reused${costOf(reused, 'not spent')}`] : []),
		...(taken.length > 0
			? [`${nouns} taken up from an earlier execution${costOf(taken, 'paid there')}`]
			: []),
	];
}

/**
 * Adds a hint that says how many of the runs that a suspended execution waits for were started by others.
 */
export function addTakenUpHint(context: IExecuteFunctions, started: RunResult[]): void {
	const words = wordsForTakenUp(started);
	if (words.length === 0) return;
	addHint(context, 'info', `Of ${count(started.length, 'run')}, ${words.join(', ')}.`);
}

function wordsForCost(finished: RunResult[]): string {
	const paid = finished.filter((result) => !isTakenUp(result));
	if (paid.length === 0 && finished.length > 0) return 'nothing paid';
	const cost = totalCost(paid.map(({ run }) => run.cost));
	return cost === null ? 'cost not reported' : `cost reported by Runflow: $${cost}`;
}

/** Adds hints, while an execution is suspended, that say what wakes it if that is less than it could be. */
export function addSuspensionHints(
	context: IExecuteFunctions,
	{
		hasAlarm,
		isReachable,
		reachesItself,
	}: { hasAlarm: boolean; isReachable: boolean; reachesItself: boolean | null },
): void {
	if (reachesItself === false) {
		addWarning(
			context,
			"n8n could not call its own webhook URL the last time, so only Runflow's callbacks wake this execution. If n8n uses a proxy, add the host of that URL to the environment variable NO_PROXY.",
		);
	}
	if (!isReachable) {
		addHint(
			context,
			'info',
			"Runflow can't call this n8n back about every run, so the node reads the runs instead. Callbacks would be faster: set n8n's environment variable N8N_WEBHOOK_URL (WEBHOOK_URL before n8n 2.30) to a URL that can be reached from the internet.",
		);
	}
	if (hasAlarm) return;
	addWarning(
		context,
		'n8n refused the sub-execution that wakes this execution after a restart. Only callbacks wake it then.',
	);
}

/** Adds a hint that images of sync mode could not be stored and are lost. */
export function addLostImagesHint(context: IExecuteFunctions, runId: string, lost: number): void {
	addWarning(
		context,
		`${count(lost, 'image')} of run ${runId} could not be stored and is lost: in 'Sync Mode' Runflow keeps no copy.`,
	);
}

/** Adds a hint that Runflow made images again when asked for those of an earlier run. */
export function addRepeatedRunHint(
	context: IExecuteFunctions,
	runId: string,
	repeatedId: string,
): void {
	addWarning(
		context,
		`The images of run ${runId} were lost in 'Sync Mode', and Runflow made them again as run ${repeatedId}. Both may be charged.`,
	);
}

/** Adds a warning above the output. */
export function addWarning(context: IExecuteFunctions, message: string): void {
	addHint(context, 'warning', message);
}

function addHint(context: IExecuteFunctions, type: 'info' | 'warning', message: string): void {
	context.addExecutionHints({ message, type, location: 'outputPane' });
}

/** Adds a hint that images were output more than once, because several items name their run. */
export function addRepeatedImagesHint(context: IExecuteFunctions, runIds: string[]): void {
	addWarning(
		context,
		`Several items name run ${runIds.join(', ')}, so each of its images was output several times. Choose 'One Item per Run' as 'Output' in the node or trigger before, or add the option 'Image Number' here: one more than the item's 'image_index'.`,
	);
}

/** A number with its noun, in the plural if needed. */
export function count(number: number, noun: string): string {
	return `${number} ${number === 1 ? noun : `${noun}s`}`;
}
