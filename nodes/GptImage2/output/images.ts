import { sanitizeFilename, sleep, type IBinaryData } from 'n8n-workflow';

import { ImageDownloadError, RunflowConnectionError, StoppedError } from '../../../runflow/errors';
import { retryDelay } from '../../../runflow/retry';
import type { Run, RunImage } from '../../../runflow/run';
import { settle } from '../../../runflow/settle';
import type { KeptImage } from '../runs/ledger';
import { decodeDataUri, extensionOf, mimeTypeOf } from './mime';
import type { OutputOptions } from '../parameters/image';
import { fetchImage, type RequestContext } from '../connection';

/** One image of a run, ready for an item; sizes in pixels. */
export interface StoredImage {
	index: number;
	/** Null for an image that came as a data URI. */
	url: string | null;
	fileName: string;
	mimeType: string;
	width: number | null;
	height: number | null;
	/** Null where nothing was downloaded. */
	binary: IBinaryData | null;
}

/** What storing images needs beside the run. */
export interface StoreOptions {
	output: OutputOptions;
	/** Reads the run again, for fresh addresses. */
	reread: () => Promise<Run>;
	signal: AbortSignal;
}

/** Downloads are kept apart from runs: a few at once keep the network busy without filling the memory. */
export const downloadsAtOnce = 4;

const maxTries = 4;

/**
 * Brings the images of a run into n8n's binary store, streamed, one after the other. Data URIs are always
 * decoded, since they are the only copy; URLs are fetched when `download` is on. Throws
 * ImageDownloadError when an image can't be had even from a run that was read again.
 */
export async function storeImages(
	context: RequestContext,
	run: Run,
	options: StoreOptions,
): Promise<StoredImage[]> {
	const stored: StoredImage[] = [];
	for (const index of run.images.keys()) {
		stored.push(await storeImage(context, run, index, options));
	}
	return stored;
}

async function storeImage(
	context: RequestContext,
	firstRun: Run,
	index: number,
	{ output, reread, signal }: StoreOptions,
): Promise<StoredImage> {
	let run = firstRun;
	let status: number | null = null;
	for (let tries = 1; tries <= maxTries; tries++) {
		const image = run.images[index];
		if (image) {
			const outcome = await tryImage(context, run, image, index, output, signal);
			if (typeof outcome === 'object') return outcome;
			status = outcome === 'broken' ? null : outcome;
		}
		if (signal.aborted) throw new StoppedError().about(run.id);
		if (tries < maxTries) {
			await sleep(retryDelay(null, tries - 1, Math.random()), signal);
			run = await reread();
		}
	}
	throw new ImageDownloadError(index, status).about(run.id);
}

/** One try at one image: the image, the status that refused it, or 'broken' for a lost connection. */
async function tryImage(
	context: RequestContext,
	run: Run,
	{ url, width, height }: RunImage,
	index: number,
	output: OutputOptions,
	signal: AbortSignal,
): Promise<StoredImage | number | 'broken'> {
	const format = run.input?.output_format;
	const describe = (header: string | null, address: string | null) => {
		const mimeType = mimeTypeOf({ header, url: address, format });
		const fileName = fileNameOf(run, index, mimeType, output.fileName);
		return { index, url: address, fileName, mimeType, width, height };
	};

	const inline = decodeDataUri(url);
	if (inline) {
		const image = describe(inline.mimeType, null);
		const { prepareBinaryData } = context.helpers;
		return {
			...image,
			binary: await prepareBinaryData(inline.bytes, image.fileName, image.mimeType),
		};
	}
	if (!output.download) return { ...describe(null, url), binary: null };

	const stored = await settle(async () => {
		const { status, contentType, stream } = await fetchImage(context, url, signal);
		if (status !== 200) {
			stream.destroy();
			return status;
		}
		const image = describe(contentType, url);
		const { prepareBinaryData } = context.helpers;
		return { ...image, binary: await prepareBinaryData(stream, image.fileName, image.mimeType) };
	});
	if (stored.ok) return stored.value;
	if (isBrokenConnection(stored.error)) return 'broken';
	throw stored.error;
}

const brokenStreamCodes: ReadonlySet<unknown> = new Set([
	'ECONNABORTED',
	'ECONNRESET',
	'ERR_BAD_RESPONSE',
	'ERR_STREAM_PREMATURE_CLOSE',
	'ETIMEDOUT',
]);

function isBrokenConnection(error: unknown): boolean {
	if (error instanceof RunflowConnectionError) return true;
	return error instanceof Error && 'code' in error && brokenStreamCodes.has(error.code);
}

/**
 * Gives the images that an earlier try of this execution stored, copied for this one. Runflow keeps none
 * in sync mode, so they can't be downloaded again.
 */
export async function restoreKeptImages(
	context: RequestContext,
	images: KeptImage[],
): Promise<StoredImage[]> {
	return await Promise.all(
		images.map(async ({ binary, ...image }) => {
			const { fileName = '', mimeType, id } = binary;
			const copy = id
				? await context.helpers.prepareBinaryData(
						await context.helpers.getBinaryStream(id),
						fileName,
						mimeType,
					)
				: binary;
			return { ...image, url: null, fileName, mimeType, binary: copy };
		}),
	);
}

/** The name of an image file: the user's, numbered where the run has several, or one that names the run. */
function fileNameOf(run: Run, index: number, mimeType: string, chosen: string | null): string {
	const extension = extensionOf(mimeType);
	if (chosen === null) return `gpt-image-2-${run.id}-${index}.${extension}`;
	const name = sanitizeFilename(chosen).replace(new RegExp(`\\.(${extension}|jpeg)$`, 'i'), '');
	return run.images.length > 1 ? `${name}-${index}.${extension}` : `${name}.${extension}`;
}
