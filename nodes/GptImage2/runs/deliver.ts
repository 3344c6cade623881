import { RunFailedError, RunflowApiError } from '../../../runflow/errors';
import { isPassing } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import type { Deadline } from '../deadline';
import { addLostImagesHint, addRepeatedRunHint } from '../output/hints';
import { eachImage, imageOf, isOnlyCopy } from '../output/images';
import type { RunResult } from '../output/items';
import { keepImage, restoreKeptImage } from '../output/keptImages';
import { continuesOnError } from '../parameters/node';
import type { Batch, RequestInProgress } from './batch';
import type { RunEntry } from './entry';
import { repeatCreate } from './createOwnRun';

/**
 * How long after an attempt began its key is trusted to return the same run. This is not documented
 * anywhere.
 */
const keyLifetimeMs = 3_600_000;

/**
 * Returns the result of a run that succeeded, with its images. Images that came as data URIs are recorded
 * in the ledger as soon as they are stored, because Runflow keeps no copy. If the node continues on errors,
 * images that could not be downloaded by the deadline are among the result's failures, as long as there are
 * others. Throws ImageDownloadError, or RunFailedError if there is no image.
 */
export async function deliver(
	batch: Batch,
	request: RequestInProgress,
	ended: Run,
	deadline: Deadline,
): Promise<RunResult> {
	const { client, context, ledger } = batch;
	const { itemIndex, plan, signal } = request;
	const { channel, output } = plan;
	const run = await withImages(batch, request, ended);
	let entry = ledger.runOf(request);
	const kept = new Map(entry?.keptImages.map((image) => [image.index, image]));
	const indexes = run.images.length > 0 ? [...run.images.keys()] : [...kept.keys()];
	if (indexes.length === 0) throw new RunFailedError(asRequested(run, request));

	const canContinue = continuesOnError(context);
	const hasOnlyCopies = indexes.some((index) => isOnlyCopy({ run, index }));
	const goesOn = canContinue || hasOnlyCopies;
	const { failures, images } = await eachImage(
		indexes,
		{ deadline, goesOn, signal },
		async (index, share) => {
			const known = kept.get(index);
			if (known) return await restoreKeptImage(context, known);
			const options = { client, deadline: share, signal };
			const image = await imageOf({ context, run, index }, output, options);
			const toKeep = keepImage(image);
			if (toKeep !== null && entry !== null) {
				const keptImages = [...entry.keptImages, toKeep];
				entry = ledger.write(request, { ...entry, keptImages, imageCount: indexes.length });
			}
			return image;
		},
	);
	const [first] = failures;
	if (first !== undefined && (images.length === 0 || !canContinue)) throw first.error;
	const lost = (entry?.imageCount ?? 0) - images.length;
	if (lost > 0) addLostImagesHint(context, run.id, lost);
	const missing = failures.filter(({ index }) => !isOnlyCopy({ run, index }));
	const imageCount = images.length + missing.length;
	const { source } = entry ?? {};
	return { run, images, failures: missing, imageCount, channel, itemIndex, output, source };
}

/**
 * Returns the run with its images. In sync mode only the answer to the create has them, so if that answer
 * was lost, or could not be stored in full, the create is sent again with its key. Throws RunflowError if
 * another try may help.
 */
async function withImages(batch: Batch, request: RequestInProgress, run: Run): Promise<Run> {
	const entry = batch.ledger.runOf(request);
	if (run.images.length > 0) return run;
	if (entry === null || isAtRunflow(entry)) {
		return await batch.client.withOutput(run, request.signal);
	}
	if (!needsRepeat(entry)) return run;
	const { client, context, ledger, options } = batch;
	const answered = await repeatCreate(batch, request, entry).catch((error: unknown) => {
		if (error instanceof RunflowApiError && !isPassing(error)) return null;
		throw error;
	});
	if (answered === null) return run;
	const repeated = await client.waitForRun(answered, { ...options, signal: request.signal });
	if (repeated.images.length === 0) return run;
	if (repeated.id !== run.id) addRepeatedRunHint(context, run.id, repeated.id);
	ledger.write(request, { ...entry, runId: repeated.id });
	return repeated;
}

/** Whether Runflow keeps the images, so that a read of the run includes them. */
function isAtRunflow({ body, keptImages }: RunEntry): boolean {
	return body === null && keptImages.length === 0;
}

/** Whether images of sync mode are missing, and the key of their create can still be replayed. */
function needsRepeat({ body, imageCount, keptImages, startedAt }: RunEntry): boolean {
	const isComplete = keptImages.length > 0 && keptImages.length >= imageCount;
	return body !== null && !isComplete && Date.now() - startedAt <= keyLifetimeMs;
}

/** Returns a run with the input that was sent, because not every answer includes it. */
function asRequested(run: Run, { plan }: RequestInProgress): Run {
	return { ...run, input: { ...run.input, ...plan.input } };
}
