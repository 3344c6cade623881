import type { IBinaryData } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { RequestContext } from '../credential';
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

/** A kept image as the ledger stores it. */
type KeptImage = z.infer<typeof keptImageSchema>;

/** Returns an image as it is kept; null for one that has a URL and can therefore be downloaded again. */
export function keepImage({ url, binary, index, width, height }: ResultImage): KeptImage | null {
	return url === null && binary ? { index, width, height, binary } : null;
}

/**
 * Returns an image that an earlier try of this execution stored, copied for this try, because it can't be
 * downloaded again.
 */
export async function restoreKeptImage(
	context: RequestContext,
	{ binary, ...image }: KeptImage,
): Promise<ResultImage> {
	const { getBinaryStream, prepareBinaryData } = context.helpers;
	const { fileName = '', mimeType, id } = binary;
	const copy = id ? await prepareBinaryData(await getBinaryStream(id), fileName, mimeType) : binary;
	return { ...image, url: null, fileName, mimeType, binary: copy };
}
