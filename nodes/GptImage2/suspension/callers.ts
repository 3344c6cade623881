import type { IExecuteFunctions } from 'n8n-workflow';

import type { PlannedItem } from '../runs/request';
import { canReachItself, probeItself, reachableResumeUrl } from './resumeUrl';

/** If a suspension has at most this many runs, all of them call back. */
const mostThatAllCall = 8;

/** If it has more, only this many do: those created last. */
const lastToCall = 4;

/** Whether one list of a suspension's runs costs n8n less than a callback from each of them. */
export function isCheaperToRead(runs: number): boolean {
	return runs > mostThatAllCall;
}

/**
 * Gives the items of a suspended node the URL that wakes it, if Runflow can reach that URL. If there are
 * many items, only the last ones get it, because each callback costs n8n about as much as an execution and
 * the watch sees all runs in one list. If n8n can't call itself, all of them get it after all, because then
 * only callbacks wake the execution.
 */
export async function withCallbacks(
	context: IExecuteFunctions,
	planned: PlannedItem[],
	apiBaseUrl: string,
): Promise<PlannedItem[]> {
	const callbackUrl = reachableResumeUrl(context, apiBaseUrl);
	if (callbackUrl === null) return planned;
	let first = 0;
	if (isCheaperToRead(planned.length)) {
		if (canReachItself() === null) await probeItself(context);
		if (canReachItself() === true) first = planned.length - lastToCall;
	}
	return planned.map((item, index) =>
		index < first ? item : { ...item, plan: { ...item.plan, callbackUrl } },
	);
}
