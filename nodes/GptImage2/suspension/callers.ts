import type { IExecuteFunctions } from 'n8n-workflow';

import type { PlannedItem } from '../runs/request';
import { canReachItself, probeItself, reachableResumeUrl } from './resumeUrl';

/** Up to so many runs of a suspension all call back. */
const mostThatAllCall = 8;

/** Of more only so many do, those that are created last. */
const lastToCall = 4;

/** Whether one list of a suspension's runs costs n8n less than the callbacks of all of them. */
export function isCheaperToRead(runs: number): boolean {
	return runs > mostThatAllCall;
}

/**
 * Gives the items of a suspended node the URL that wakes it, where Runflow can reach it: all of them, or
 * only the last ones where there are many, since each callback costs n8n about as much as an execution and
 * the watch sees all runs in one list. All of many, too, where n8n can't call itself, so that only callbacks
 * wake it.
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
