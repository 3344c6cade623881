import { RunFailedError } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';
import { imagesOf } from '../output/images';
import type { RunResult } from '../output/items';
import { keepImages, restoreKeptImages } from '../output/keptImages';
import type { Batch, ItemInProgress } from './batch';
import { subjectOf } from './subject';

/**
 * The result of a run that ended well, with its images. What came as data URIs is noted in the ledger,
 * since Runflow keeps no copy. Throws ImageDownloadError, or RunFailedError where there is no image.
 */
export async function deliver(
	{ client, context, ledger }: Batch,
	item: ItemInProgress,
	run: Run,
): Promise<RunResult> {
	const { itemIndex, plan, signal } = item;
	const { output } = plan;
	const entry = ledger.entryFor(subjectOf(item));
	if (run.images.length === 0 && entry.keptImages.length > 0) {
		const images = await restoreKeptImages(context, entry.keptImages);
		return { run, images, itemIndex, output };
	}
	if (run.images.length === 0) throw new RunFailedError(run);
	const reread = async () => await client.getRun(run.id, signal);
	const images = await imagesOf(context, run, output, { reread, signal });
	const keptImages = keepImages(images);
	if (keptImages.length > 0) ledger.update(itemIndex, entry, { keptImages });
	return { run, images, itemIndex, output };
}
