import { sleep, type IBinaryData, type IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import {
	ImageDownloadError,
	StoppedError,
	TransferError,
	type TransferProblem,
} from '../../../runflow/errors';
import { retryDelay } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import type { RequestContext } from '../credential';
import { deadlineIn, timeLeft, TimeOverError, within, type Deadline } from '../deadline';
import { fetchImage, type Transfer } from '../files';
import type { OutputOptions } from '../parameters/output';
import { pixelSizeOf, type PixelSize } from '../pixelSize';
import { fileNameOf } from './fileName';
import { throwStorageError } from './imageErrors';
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
	/** Null if nothing was downloaded. */
	binary: IBinaryData | null;
}

type FileName = OutputOptions['fileName'];

/** How an image is delivered. */
type Delivery = Pick<OutputOptions, 'download' | 'fileName'>;

/** How images are downloaded, and until when. */
interface DownloadOptions {
	/** Reads the run again to get fresh URLs. */
	client: Pick<RunflowClient, 'baseUrl' | 'getRun'>;
	deadline: Deadline;
	signal?: AbortSignal;
}

/** An image of a run, counted from 0, that could not be delivered. */
export interface ImageFailure {
	index: number;
	error: unknown;
}

/** The images of a run that could be delivered, and those that could not. */
interface Delivered {
	images: ResultImage[];
	failures: ImageFailure[];
}

/**
 * Downloads have their own limit, apart from that of runs: this many keep the network busy even if the
 * storage takes its time to answer. How many bytes arrive at a time is limited apart from it.
 */
export const downloadsAtOnce = 64;

/** The fraction of its timeout that remains for the images of a run that ended at the last moment. */
const shortestPart = 0.1;

/**
 * Returns how long the images of a run may take if it has been waited for since `startedAt`, both in
 * milliseconds by the clock of deadlines.
 */
export function downloadTime(startedAt: number, timeoutSeconds: number): number {
	const timeoutMs = timeoutSeconds * 1000;
	return Math.max(timeLeft(startedAt + timeoutMs), timeoutMs * shortestPart);
}

const maxDownloadRetries = 3;

/**
 * Delivers the images with these numbers one after another, each within its share of the remaining time. If
 * one fails, the others are only attempted if `goesOn` is set. Otherwise throws what `deliver` throws, as
 * it does when the signal has fired.
 */
export async function eachImage(
	indexes: number[],
	{ deadline, goesOn, signal }: { deadline: Deadline; goesOn: boolean; signal?: AbortSignal },
	deliver: (index: number, deadline: Deadline) => Promise<ResultImage>,
): Promise<Delivered> {
	const delivered: Delivered = { images: [], failures: [] };
	for (const [position, index] of indexes.entries()) {
		const share = deadlineIn(timeLeft(deadline, indexes.length - position));
		const image = await deliver(index, share).catch((error: unknown) => {
			if (!goesOn || signal?.aborted) throw error;
			delivered.failures.push({ index, error });
			return null;
		});
		if (image !== null) delivered.images.push(image);
	}
	return delivered;
}

/**
 * Returns one image of a run as the options specify: streamed into n8n's binary store, or only by URL. If
 * the download fails, it is tried again with a fresh URL. Throws ImageDownloadError if that doesn't help,
 * ImageStorageError if n8n can't store the image, and StoppedError if the signal fires.
 */
export async function imageOf(
	which: Omit<WantedImage, 'fileName'>,
	{ download, fileName }: Delivery,
	options: DownloadOptions,
): Promise<ResultImage> {
	const wanted = { ...which, fileName };
	return download && !isOnlyCopy(which)
		? await storeImage(wanted, options)
		: await listImage(wanted);
}

/** Whether an image is a data URI, which is lost unless it is stored now. */
export function isOnlyCopy({ run, index }: Pick<WantedImage, 'run' | 'index'>): boolean {
	return run.images[index]?.url.startsWith('data:') ?? false;
}

/**
 * Returns the images of a run by their URLs, without downloading them. Data URIs are stored in n8n, because
 * they are the only copy.
 */
export async function listImages(
	context: RequestContext,
	run: Run,
	fileName: FileName,
	indexes: Iterable<number> = run.images.keys(),
): Promise<ResultImage[]> {
	const images: ResultImage[] = [];
	for (const index of indexes) {
		images.push(await listImage({ context, run, index, fileName }));
	}
	return images;
}

/** Which image of which run is wanted, and under which name. */
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
	{ client, deadline, signal: outer }: DownloadOptions,
): Promise<ResultImage> {
	const { context, index } = wanted;
	let { run } = wanted;
	let problem: TransferProblem = 'too-slow';
	const store = async (signal: AbortSignal): Promise<ResultImage> => {
		const transfer = { context, apiBaseUrl: client.baseUrl, signal };
		for (let retries = 0; ; retries++) {
			const stored = await storeOnce({ ...wanted, run }, transfer).catch(returnTransferError);
			if (!(stored instanceof TransferError)) return stored;
			if (run.images[index]) problem = stored.problem;
			if (retries === maxDownloadRetries) throw stored;
			await sleep(retryDelay(null, retries, Math.random()), signal);
			run = await client.getRun(run.id, signal);
		}
	};
	return await within(timeLeft(deadline), store, outer).catch((error: unknown) => {
		if (outer?.aborted) throw new StoppedError().about(run.id);
		const isTransfer = error instanceof TransferError || error instanceof TimeOverError;
		throw isTransfer ? new ImageDownloadError(index, problem).about(run.id) : error;
	});
}

/** Returns errors that a fresh URL may fix; throws all others. */
function returnTransferError(error: unknown): TransferError {
	if (error instanceof TransferError) return error;
	throw error;
}

async function storeOnce(wanted: WantedImage, transfer: Transfer): Promise<ResultImage> {
	const { url } = wanted.run.images[wanted.index] ?? {};
	if (url === undefined) throw new TransferError('broken');
	if (isOnlyCopy(wanted)) return await listImage(wanted);
	return await fetchImage(transfer, url, async ({ contentType, size, stream }) => {
		const image = await store(wanted, stream, { header: contentType, url });
		return withSize(image, size());
	});
}

async function storeDataUri(wanted: WantedImage, url: string): Promise<ResultImage | null> {
	const inline = decodeDataUri(url);
	if (inline === null) return null;
	const image = await store(wanted, inline.bytes, { header: inline.mimeType, url: null });
	return withSize(image, pixelSizeOf(inline.bytes));
}

/** Returns an image with the size from its own header if Runflow doesn't report one. */
function withSize(image: ResultImage, size: PixelSize | null): ResultImage {
	const isKnown = image.width !== null && image.height !== null;
	return isKnown || size === null ? image : { ...image, ...size };
}

/** Where an image comes from, as far as that indicates its type. */
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
