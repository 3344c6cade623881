import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import { Slots } from '../../../runflow/slots';
import type { InputImage, InputImages } from '../parameters/inputImages';
import type { PlannedItem } from './batch';

const readsAtOnce = 4;

/**
 * The items with the content of every binary image as its fingerprint, since n8n names a file anew in each
 * execution. Each file is read once, as a stream. One that can't be read keeps its id: the upload says
 * what is wrong with it. Never throws.
 */
export async function fingerprintImages(
	context: IExecuteFunctions,
	planned: PlannedItem[],
): Promise<PlannedItem[]> {
	const slots = new Slots(readsAtOnce);
	const underway = new Map<string, Promise<string>>();
	const hashOnce = async (id: string) => {
		const hash = underway.get(id) ?? slots.use(async () => await hashOf(context, id));
		underway.set(id, hash);
		return await hash;
	};
	const fingerprint = async <T extends InputImage>(image: T): Promise<T> => {
		if (!('binary' in image) || image.binary.id === undefined) return image;
		return { ...image, fingerprint: await hashOnce(image.binary.id) };
	};
	const fingerprintAll = async ({ images, mask }: InputImages): Promise<InputImages> => ({
		images: await Promise.all(images.map(fingerprint)),
		mask: mask && (await fingerprint(mask)),
	});
	return await Promise.all(
		planned.map(async (item) => {
			const { inputImages } = item.plan;
			if (inputImages === null) return item;
			return { ...item, plan: { ...item.plan, inputImages: await fingerprintAll(inputImages) } };
		}),
	);
}

/** The hash of a stored file, or its id where it can't be read. */
async function hashOf(context: IExecuteFunctions, id: string): Promise<string> {
	try {
		const hash = createHash('sha256');
		for await (const chunk of await context.helpers.getBinaryStream(id)) hash.update(chunk);
		return hash.digest('hex');
	} catch {
		return id;
	}
}
