import type { InputImage } from '../parameters/inputImages';
import type { PlannedItem } from './batch';
import type { LedgerSubject } from './ledger';

/**
 * What the ledger remembers an item by: what shapes the image. An uploaded image counts by its content,
 * one of an earlier run by that run and its number, neither by its URL; metadata and a reference may differ at each try (`$now`, `$execution.id`).
 */
export function subjectOf({ itemIndex, plan }: PlannedItem): LedgerSubject {
	const { model, input, inputImages, metadata, clientRef } = plan;
	const images = inputImages && {
		images: [inputImages.images, inputImages.mask ?? []].flat().map(identify),
		masked: inputImages.mask !== null,
	};
	return { itemIndex, request: { model, input, ...images }, clientRef, metadata };
}

function identify(image: InputImage): string {
	if ('url' in image) return image.url;
	return 'runId' in image ? `run ${image.runId} image ${image.imageNumber}` : image.fingerprint;
}
