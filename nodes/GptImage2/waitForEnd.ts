import { sleep } from 'n8n-workflow';

import type { RunflowClient } from '../../runflow/client';
import type { Run } from '../../runflow/run';
import { paceOf, waitForRun } from '../../runflow/waiting';

/** How long and how often to look at a run; both in seconds. */
export interface WaitOptions {
	pollInterval: number;
	timeout: number;
	/** Ends the waiting; without one only the timeout does. */
	signal?: AbortSignal;
}

/** Waits in this process until a run has ended, and gives it. Throws as waitForRun does. */
export async function waitForEnd(
	client: RunflowClient,
	run: Run,
	{ pollInterval, timeout, signal = new AbortController().signal }: WaitOptions,
): Promise<Run> {
	const read = async (id: string) => await client.getRun(id);
	return await waitForRun({ run, read, pause: sleep, pace: paceOf(pollInterval), timeout, signal });
}
