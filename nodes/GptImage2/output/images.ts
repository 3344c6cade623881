import { sleep, type IBinaryData, type IExecuteFunctions } from 'n8n-workflow';

import { ImageDownloadError, StoppedError } from '../../../runflow/errors';
import { retryDelay } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import type { RequestContext } from '../connection';
import { fetchImage } from '../files';
import type { OutputOptions } from '../parameters/output';
import { fileNameOf } from './fileName';
import { isBrokenConnection, throwStorageError } from './imageErrors';
import { decodeDataUri, mimeTypeOf, type MimeHints } from './mime';

/** One image of a run, ready for an item; sizes in pixels. */
export interface ResultImage {
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

type FileName = OutputOptions['fileName'];

/** How an image is delivered. */
type Delivery = Pick<OutputOptions, 'download' | 'fileName'>;

/** How a download is repeated. */
interface DownloadOptions {
	/** Reads the run again, for fresh URLs. */
	reread: () => Promise<Run>;
	signal?: AbortSignal;
}

/** Downloads are limited apart from runs: a few at once keep the network busy without filling the memory. */
export const downloadsAtOnce = 4;

const maxDownloadRetries = 3;

/** The images of a run as the options want them, one after the other. Throws as `imageOf`. */
export async function imagesOf(
	context: RequestContext,
	run: Run,
	output: Delivery,
	options: DownloadOptions,
): Promise<ResultImage[]> {
	const images: ResultImage[] = [];
	for (const index of run.images.keys()) {
		images.push(await imageOf({ context, run, index }, output, options));
	}
	return images;
}

/**
 * One image of a run as the options want it: streamed into n8n's binary store, or by URL only. One that
 * can't be downloaded is tried again with a fresh URL. Throws ImageDownloadError when that doesn't help,
 * ImageStorageError when n8n can't store it, StoppedError when the signal fires.
 */
export async function imageOf(
	which: Omit<WantedImage, 'fileName'>,
	{ download, fileName }: Delivery,
	options: DownloadOptions,
): Promise<ResultImage> {
	const wanted = { ...which, fileName };
	return download ? await storeImage(wanted, options) : await listImage(wanted);
}

/**
 * The images of a run by their URLs, none of them downloaded. Data URIs are stored in n8n, since they
 * are the only copy.
 */
export async function listImages(
	context: RequestContext,
	run: Run,
	fileName: FileName,
): Promise<ResultImage[]> {
	const reread = async () => run;
	return await imagesOf(context, run, { download: false, fileName }, { reread });
}

/** Which image of which run is wanted, under which name. */
interface WantedImage {
	context: RequestContext;
	run: Run;
	index: number;
	fileName: FileName;
}

async function listImage(wanted: WantedImage): Promise<ResultImage> {
	const { url } = wanted.run.images[wanted.index] ?? { url: '' };
	const inline = await storeDataUri(wanted, url);
	return inline ?? { ...describe(wanted, { header: null, url }), binary: null };
}

async function storeImage(
	wanted: WantedImage,
	{ reread, signal }: DownloadOptions,
): Promise<ResultImage> {
	let { run } = wanted;
	let lastStatus: number | null = null;
	for (let retries = 0; ; retries++) {
		const stored = await storeOnce({ ...wanted, run }, signal).catch(returnDownloadError);
		if (!(stored instanceof ImageDownloadError)) return stored;
		if (run.images[wanted.index]) lastStatus = stored.httpStatus;
		if (signal?.aborted) throw new StoppedError().about(run.id);
		if (retries === maxDownloadRetries) {
			throw new ImageDownloadError(wanted.index, lastStatus).about(run.id);
		}
		await sleep(retryDelay(null, retries, Math.random()), signal);
		run = await reread();
	}
}

/** Returns the errors that a fresh URL may heal; throws all others. */
function returnDownloadError(error: unknown): ImageDownloadError {
	if (error instanceof ImageDownloadError) return error;
	throw error;
}

async function storeOnce(wanted: WantedImage, signal?: AbortSignal): Promise<ResultImage> {
	const { context, run, index } = wanted;
	const { url } = run.images[index] ?? {};
	if (url === undefined) throw new ImageDownloadError(index, null);
	const inline = await storeDataUri(wanted, url);
	if (inline !== null) return inline;
	try {
		const { httpStatus, contentType, stream } = await fetchImage(context, url, signal);
		if (httpStatus === 200) return await store(wanted, stream, { header: contentType, url });
		stream.destroy();
		throw new ImageDownloadError(index, httpStatus);
	} catch (error) {
		throw isBrokenConnection(error) ? new ImageDownloadError(index, null) : error;
	}
}

async function storeDataUri(wanted: WantedImage, url: string): Promise<ResultImage | null> {
	const inline = decodeDataUri(url);
	if (inline === null) return null;
	return await store(wanted, inline.bytes, { header: inline.mimeType, url: null });
}

/** Where an image comes from, as far as that hints at its type. */
type Origin = Pick<MimeHints, 'header' | 'url'>;

type Content = Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0];

async function store(wanted: WantedImage, content: Content, hints: Origin): Promise<ResultImage> {
	const image = describe(wanted, hints);
	const { prepareBinaryData } = wanted.context.helpers;
	const stored = prepareBinaryData(content, image.fileName, image.mimeType);
	return { ...image, binary: await stored.catch(throwStorageError(wanted, hints.url === null)) };
}

function describe(
	{ run, index, fileName }: WantedImage,
	hints: Origin,
): Omit<ResultImage, 'binary'> {
	const mimeType = mimeTypeOf({ ...hints, format: run.input?.output_format });
	const { width = null, height = null } = run.images[index] ?? {};
	const name = fileNameOf(run, index, mimeType, fileName);
	return { index, url: hints.url, fileName: name, mimeType, width, height };
}
