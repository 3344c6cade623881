import type { InputImage } from '../parameters/inputImages';
import type { PlannedItem } from './batch';
import type { LedgerSubject } from './ledger';

/** What the ledger remembers an item by. An uploaded image counts by its content, not by its URL. */
export function subjectOf({ itemIndex, plan }: PlannedItem): LedgerSubject {
	const { model, input, inputImages, metadata, clientRef } = plan;
	const images = inputImages && {
		images: [inputImages.images, inputImages.mask ?? []].flat().map(identify),
		masked: inputImages.mask !== null,
	};
	return { itemIndex, request: { model, input, metadata, ...images }, clientRef };
}

function identify(image: InputImage): string {
	return 'url' in image ? image.url : image.fingerprint;
}
