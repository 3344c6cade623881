import type { Run } from '../../../runflow/run';
import { isWholeInput } from '../../../runflow/sameInput';
import { isTerminal } from '../../../runflow/status';
import type { ImageParameters } from '../parameters/image';
import type { InputImages } from '../parameters/inputImages';
import { hasSameHash, isOfSameInstance, readClientRef, type RunPurpose } from './clientRef';
import { isCreatedAfter } from './recentRuns';

/** A run that is pending for longer is taken for stuck. */
const longestPendingMs = 3_600_000;

/** What an item asks for, as far as a run is known by it. */
export type AskedFor = Pick<ImageParameters, 'clientRef' | 'input'> & {
	inputImages: InputImages | null;
};

/** A request of this execution: what it asks for, and the purpose under which its run would be found. */
export interface Request {
	plan: AskedFor;
	nodeScope: string;
	purpose: Omit<RunPurpose, 'attempt' | 'beginning'>;
}

/**
 * The run among `runs` that the same request of an earlier execution started: the one that this very item
 * had, so that equal items keep their pictures, else the first. Null where there is none.
 */
export function chooseRun(runs: Run[], { nodeScope, plan, purpose }: Request): Run | null {
	const { clientRef } = plan;
	const wholeInput = clientRef === null ? null : wholeInputOf(plan);
	const candidates = runs.flatMap((run) => {
		if (run.client_ref === null) return [];
		const origin = readClientRef(run.client_ref);
		const isSame =
			origin !== null &&
			isOfSameInstance(origin, nodeScope) &&
			hasSameHash(origin, purpose.requestHash) &&
			origin.executionId !== purpose.executionId;
		const isNamed =
			run.client_ref === clientRef && wholeInput !== null && isWholeInput(wholeInput, run.input);
		const isOwn =
			origin?.nodeScope === nodeScope &&
			origin.runIndex === purpose.runIndex &&
			origin.itemIndex === purpose.itemIndex;
		return isSame || isNamed ? [{ run, isOwn }] : [];
	});
	return (candidates.find(({ isOwn }) => isOwn) ?? candidates[0])?.run ?? null;
}

/**
 * Whether a run succeeded in full, or is pending and not stuck. One that delivered only some of its
 * images has not what the request asks for.
 */
export function isReusable(run: Run): boolean {
	if (isTerminal(run.status)) return run.status === 'succeeded';
	return isCreatedAfter(run, Date.now() - longestPendingMs) === true;
}

/** All that is sent as input; null where an image has no lasting URL, such as one that is uploaded. */
export function wholeInputOf({ input, inputImages }: AskedFor): object | null {
	if (inputImages === null) return input;
	const { images, mask } = inputImages;
	const image_urls = images.flatMap((image) => ('url' in image ? image.url : []));
	const mask_url = mask !== null && 'url' in mask ? mask.url : null;
	if (image_urls.length < images.length || (mask !== null && mask_url === null)) return null;
	return { ...input, image_urls, ...(mask_url !== null && { mask_url }) };
}
