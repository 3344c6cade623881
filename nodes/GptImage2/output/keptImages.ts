import type { IBinaryData } from 'n8n-workflow';
import { z } from 'zod';

import type { RequestContext } from '../connection';
import type { ResultImage } from './images';

/** An image that only this execution has, because Runflow keeps no copy in sync mode. */
export const keptImageSchema = z.object({
	index: z.number(),
	width: z.number().nullable(),
	height: z.number().nullable(),
	binary: z.custom<IBinaryData>(
		(binary) => typeof binary === 'object' && binary !== null && 'mimeType' in binary,
	),
});

/** A kept image as the ledger has it. */
export type KeptImage = z.infer<typeof keptImageSchema>;

/** What is to be kept of a run's images: those that came as data URIs. */
export function keepImages(images: ResultImage[]): KeptImage[] {
	return images.flatMap(({ url, binary, index, width, height }) =>
		url === null && binary ? [{ index, width, height, binary }] : [],
	);
}

/**
 * Returns the images that an earlier try of this execution stored, copied for this one, because they
 * can't be downloaded again.
 */
export async function restoreKeptImages(
	context: RequestContext,
	images: KeptImage[],
): Promise<ResultImage[]> {
	const { getBinaryStream, prepareBinaryData } = context.helpers;
	return await Promise.all(
		images.map(async ({ binary, ...image }) => {
			const { fileName = '', mimeType, id } = binary;
			const copy = id
				? await prepareBinaryData(await getBinaryStream(id), fileName, mimeType)
				: binary;
			return { ...image, url: null, fileName, mimeType, binary: copy };
		}),
	);
}
