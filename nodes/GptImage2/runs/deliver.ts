import { RunFailedError, RunflowApiError } from '../../../runflow/errors';
import { isPassing } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import { addLostImagesHint, addRepeatedRunHint } from '../output/hints';
import { imageOf, type ResultImage } from '../output/images';
import type { RunResult } from '../output/items';
import { keepImage, restoreKeptImage } from '../output/keptImages';
import { continuesOnError } from '../parameters/node';
import type { Batch, RequestInProgress } from './batch';
import type { RunEntry } from './entry';
import { repeatCreate } from './createOwnRun';

/** How long after an attempt began its key is trusted to return the same run; nobody documents it. */
const keyLifetimeMs = 3_600_000;

/**
 * The result of a run that ended well, with its images. What came as a data URI is noted in the ledger as
 * soon as it is stored, since Runflow keeps no copy. Throws ImageDownloadError, or RunFailedError where
 * there is no image.
 */
export async function deliver(
	batch: Batch,
	request: RequestInProgress,
	ended: Run,
): Promise<RunResult> {
	const { client, context, ledger } = batch;
	const { itemIndex, plan, signal } = request;
	const { output } = plan;
	const run = await withImages(batch, request, ended);
	let entry = ledger.runOf(request);
	const kept = new Map(entry?.keptImages.map((image) => [image.index, image]));
	const indexes = run.images.length > 0 ? [...run.images.keys()] : [...kept.keys()];
	if (indexes.length === 0) throw new RunFailedError(asRequested(run, request));

	const reread = async () => await client.getRun(run.id, signal);
	const images: ResultImage[] = [];
	const failures: unknown[] = [];
	for (const index of indexes) {
		const known = kept.get(index);
		const image = known
			? await restoreKeptImage(context, known)
			: await imageOf({ context, run, index }, output, { reread, signal }).catch(
					(error: unknown) => {
						if (!isOnlyCopy(run, index)) throw error;
						failures.push(error);
						return null;
					},
				);
		if (image === null) continue;
		images.push(image);
		const toKeep = known ? null : keepImage(image);
		if (toKeep === null || entry === null) continue;
		const keptImages = [...entry.keptImages, toKeep];
		entry = ledger.write(request, { ...entry, keptImages, imageCount: indexes.length });
	}
	if (failures.length > 0 && (images.length === 0 || !continuesOnError(context))) throw failures[0];
	const lost = (entry?.imageCount ?? 0) - images.length;
	if (lost > 0) addLostImagesHint(context, run.id, lost);
	return { run, images, itemIndex, output, source: entry?.source };
}

/**
 * The run with its images. In sync mode only the answer to the create has them, so where that got lost,
 * or not all of it could be stored, the create is sent again with its key. Throws RunflowError where
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

/** Whether Runflow keeps the images, so that a read of the run has them. */
function isAtRunflow({ body, keptImages }: RunEntry): boolean {
	return body === null && keptImages.length === 0;
}

/** Whether images of sync mode are missing, and the key of their create is still good for a replay. */
function needsRepeat({ body, imageCount, keptImages, startedAt }: RunEntry): boolean {
	const isComplete = keptImages.length > 0 && keptImages.length >= imageCount;
	return body !== null && !isComplete && Date.now() - startedAt <= keyLifetimeMs;
}

/** Whether an image is a data URI, which is lost unless it is stored now. */
function isOnlyCopy(run: Run, index: number): boolean {
	return run.images[index]?.url.startsWith('data:') ?? false;
}

/** A run with the input that was sent, since not every answer has it in it. */
function asRequested(run: Run, { plan }: RequestInProgress): Run {
	return { ...run, input: { ...run.input, ...plan.input } };
}
