import { sleep, type IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { returnNullIfNotFound, StoppedError, type MissingRuns } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';
import { isTerminal } from '../../../runflow/status';
import { isStillThere } from '../files';

/**
 * The delays in milliseconds after which a run's images are requested again with fresh URLs before they
 * count as gone.
 */
const looksAfterMs = [0, 1_000, 2_000];

/** What prevented items from reusing a run, so that new ones were started. */
export interface ReuseGaps {
	/** Whether runs that failed executions paid for may be missing. */
	isUndeliveredUnknown: boolean;
	/** Runs that have lost their images. */
	goneRunIds: Set<string>;
	/** Why the list is incomplete; null if it isn't. */
	missing: MissingRuns | null;
	/** The items that asked for sync mode. */
	syncItems: Set<number>;
	/** The items with the user's own reference and images without a lasting URL. */
	unnamedItems: Set<number>;
}

/** No gaps, before the first search. */
export function noGaps(): ReuseGaps {
	return {
		isUndeliveredUnknown: false,
		goneRunIds: new Set(),
		missing: null,
		syncItems: new Set(),
		unnamedItems: new Set(),
	};
}

/** What is needed to check a run. */
interface Look {
	context: IExecuteFunctions;
	client: RunflowClient;
	gaps: ReuseGaps;
	/** The statuses by which the storage says that an image is gone. */
	goneStatuses: ReadonlySet<unknown>;
	signal: AbortSignal;
}

/**
 * Returns a run as it is now; null if it turns out to be unusable, which is recorded if the run or its
 * images are gone. Throws RunflowError.
 */
export async function readIfUsable(
	known: Run,
	isUsable: (run: Run) => boolean,
	look: Look,
): Promise<Run | null> {
	for (const delayMs of looksAfterMs) {
		if (delayMs > 0) await sleep(delayMs, look.signal).catch(() => null);
		if (look.signal.aborted) throw new StoppedError();
		const run = await look.client.getKnownRun(known, look.signal).catch(returnNullIfNotFound);
		if (run === null) break;
		if (!isUsable(run)) return null;
		if (await hasItsImages(run, look)) return run;
	}
	look.gaps.goneRunIds.add(known.id);
	return null;
}

/** Whether a run has all its images, or has yet to make them. Never throws. */
async function hasItsImages(
	{ images, status }: Run,
	{ client, context, goneStatuses, signal }: Look,
): Promise<boolean> {
	if (!isTerminal(status)) return true;
	const transfer = { context, apiBaseUrl: client.baseUrl, signal };
	const found = await Promise.all(
		images.map(async ({ url }) => await isStillThere(transfer, url, goneStatuses)),
	);
	return found.length > 0 && found.every((isThere) => isThere);
}
