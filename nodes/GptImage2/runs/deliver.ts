import { RunFailedError, RunflowApiError } from '../../../runflow/errors';
import { isPassing } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import { addLostImagesHint, addRepeatedRunHint } from '../output/hints';
import { imageOf, type ResultImage } from '../output/images';
import type { RunResult } from '../output/items';
import { keepImage, restoreKeptImage } from '../output/keptImages';
import { continuesOnError } from '../parameters/node';
import type { Batch, ItemInProgress } from './batch';
import type { LedgerEntry } from './ledger';
import { repeatCreate } from './startRun';
import { subjectOf } from './subject';

/** How long after an attempt began its key is trusted to return the same run; nobody documents it. */
const keyLifetimeMs = 3_600_000;

/**
 * The result of a run that ended well, with its images. What came as a data URI is noted in the ledger as
 * soon as it is stored, since Runflow keeps no copy. Throws ImageDownloadError, or RunFailedError where
 * there is no image.
 */
export async function deliver(batch: Batch, item: ItemInProgress, ended: Run): Promise<RunResult> {
	const { client, context, ledger } = batch;
	const { itemIndex, plan, signal } = item;
	const { output } = plan;
	let entry = ledger.entryFor(subjectOf(item));
	const run = await withImages(batch, item, ended, entry);
	entry = ledger.update(itemIndex, entry, { runId: run.id });
	const kept = new Map(entry.keptImages.map((image) => [image.index, image]));
	const indexes = run.images.length > 0 ? [...run.images.keys()] : [...kept.keys()];
	if (indexes.length === 0) throw new RunFailedError(asRequested(run, item));

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
		if (toKeep === null) continue;
		const keptImages = [...entry.keptImages, toKeep];
		entry = ledger.update(itemIndex, entry, { keptImages, imageCount: indexes.length });
	}
	if (failures.length > 0 && (images.length === 0 || !continuesOnError(context))) throw failures[0];
	if (images.length < entry.imageCount) {
		addLostImagesHint(context, run.id, entry.imageCount - images.length);
	}
	return { run, images, itemIndex, output, reused: entry.reused };
}

/**
 * The run with its images. In sync mode only the answer to the create has them, so where that got lost,
 * or not all of it could be stored, the create is sent again with its key. Throws RunflowError where
 * another try may help.
 */
async function withImages(
	batch: Batch,
	item: ItemInProgress,
	run: Run,
	entry: LedgerEntry,
): Promise<Run> {
	const { keptImages, imageCount, startedAt } = entry;
	const isComplete = keptImages.length > 0 && keptImages.length >= imageCount;
	if (run.images.length > 0 || isComplete || !item.plan.input.sync_mode) return run;
	if (Date.now() - startedAt > keyLifetimeMs) return run;
	const { client, context, options } = batch;
	const answered = await repeatCreate(batch, item, entry).catch((error: unknown) => {
		if (error instanceof RunflowApiError && !isPassing(error)) return run;
		throw error;
	});
	if (answered === run) return run;
	const repeated = await client.waitForRun(answered, { ...options, signal: item.signal });
	if (repeated.images.length === 0) return run;
	if (repeated.id !== run.id) addRepeatedRunHint(context, run.id, repeated.id);
	return repeated;
}

/** Whether an image is a data URI, which is lost unless it is stored now. */
function isOnlyCopy(run: Run, index: number): boolean {
	return run.images[index]?.url.startsWith('data:') ?? false;
}

/** A run with the input that was sent, since not every answer has it in it. */
function asRequested(run: Run, { plan }: ItemInProgress): Run {
	return { ...run, input: { ...run.input, ...plan.input } };
}
