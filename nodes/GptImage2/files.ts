import type { IHttpRequestOptions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { uploadRefused } from '../../runflow/assets';
import { RunflowApiError, RunflowConnectionError, TransferError } from '../../runflow/errors';
import { unreachable } from '../../runflow/reachable';
import { whenThereIsRoom } from './arrivingBytes';
import { ArrivingImage } from './arrivingImage';
import { httpAnswerSchema, ignoreLateError, isStream, type FileStream } from './connection';
import { throwConnectionError } from './connectionErrors';
import type { RequestContext } from './credential';
import { TimeOverError, within } from './deadline';
import type { PixelSize } from './pixelSize';

const streamAnswerSchema = httpAnswerSchema.extend({ body: z.custom<FileStream>(isStream) });

type StreamAnswer = z.infer<typeof streamAnswerSchema>;

/**
 * Whose context transfers files, and for which API: an API on the internet has no files in a private
 * network.
 */
export interface Transfer {
	context: RequestContext;
	apiBaseUrl: string;
	signal?: AbortSignal;
}

/** The statuses with which a storage says that it has no such file. */
export const notThere: ReadonlySet<unknown> = new Set([404, 410]);

/**
 * The statuses with which other storages refuse a deleted file; a proxy in front may refuse any file in the
 * same way.
 */
export const notShown: ReadonlySet<unknown> = new Set([400, 401, 403, ...notThere]);

/** The maximum time to transfer one file, from the request to its last byte. */
const fileTimeoutMs = 300_000;

/** The maximum time for a storage to say whether it has a file. */
const lookTimeoutMs = 30_000;

const mostRedirects = 5;

/**
 * Sends a request to a presigned URL, without the API key: the URL carries its own permission. Redirects
 * are followed one at a time, because each may lead to a place where nothing may be fetched from or sent
 * to. Returns the answer with its body unread. Throws TransferError, and RunflowConnectionError if nothing
 * arrives.
 */
async function request(
	{ context, apiBaseUrl, signal }: Transfer,
	url: string,
	options: () => Promise<Partial<IHttpRequestOptions>>,
): Promise<StreamAnswer> {
	let place = url;
	for (let redirects = 0; redirects <= mostRedirects; redirects++) {
		const obstacle = unreachable(place, apiBaseUrl);
		if (obstacle !== null) throw new TransferError(obstacle);
		const answer = streamAnswerSchema.parse(
			await context.helpers
				.httpRequest({
					...(await options()),
					url: place,
					encoding: 'stream',
					returnFullResponse: true,
					ignoreHttpStatusErrors: true,
					disableFollowRedirect: true,
					abortSignal: signal,
					timeout: fileTimeoutMs,
				})
				.catch(throwConnectionError),
		);
		answer.body.on('error', ignoreLateError);
		const { location } = answer.headers;
		const isRedirect = answer.statusCode >= 300 && answer.statusCode < 400;
		if (!isRedirect || typeof location !== 'string') return answer;
		answer.body.destroy();
		place = URL.canParse(location, place) ? new URL(location, place).href : location;
	}
	throw new TransferError('redirects');
}

/** Opens a file, uncompressed. Throws as `request` does, and for a status other than 200. */
async function open(transfer: Transfer, url: string): Promise<StreamAnswer> {
	const headers = { 'Accept-Encoding': 'identity' };
	const answer = await request(transfer, url, async () => ({ headers }));
	if (answer.statusCode === 200) return answer;
	answer.body.destroy();
	throw new TransferError(answer.statusCode);
}

/**
 * An arriving image, the type that the storage names and, once enough of it has arrived, its size in
 * pixels.
 */
interface ImageOnItsWay {
	contentType: string | null;
	stream: FileStream;
	size: () => PixelSize | null;
}

/**
 * Fetches an image and has `keep` store it as it arrives. Throws TransferError if it doesn't arrive as a
 * whole image in time, whatever the cause, and what `keep` throws by itself.
 */
export async function fetchImage<T>(
	transfer: Transfer,
	url: string,
	keep: (image: ImageOnItsWay) => Promise<T>,
): Promise<T> {
	const receive = async (signal: AbortSignal) => {
		const { body, headers } = await open({ ...transfer, signal }, url);
		const image = new ArrivingImage(headers);
		body.on('error', ({ code }: NodeJS.ErrnoException) => {
			// If it is no longer read because it can't be stored, it isn't broken.
			if (code !== 'ABORT_ERR') image.failure ??= new TransferError('broken');
		});
		const { 'content-type': contentType } = headers;
		const onItsWay = {
			contentType: typeof contentType === 'string' ? contentType : null,
			size: () => image.size,
		};
		const kept = await whenThereIsRoom(image.announcedBytes, async () => {
			signal.throwIfAborted();
			const stream = body.map((chunk: Buffer) => image.pass(chunk));
			return await keep({ ...onItsWay, stream });
		}).catch((error: unknown) => {
			throw image.failure ?? error;
		});
		image.end();
		return kept;
	};
	return await within(fileTimeoutMs, receive, transfer.signal).catch((error: unknown) => {
		if (error instanceof TimeOverError) throw new TransferError('too-slow');
		throw error instanceof RunflowConnectionError ? new TransferError('broken') : error;
	});
}

/**
 * Whether the storage still has an image; false only for a status that means it hasn't. Requests only its
 * first byte, so that the connection can be reused; a storage may send all of it, which isn't read. Never
 * throws.
 */
export async function isStillThere(
	transfer: Transfer,
	url: string,
	goneStatuses: ReadonlySet<unknown>,
): Promise<boolean> {
	if (url.startsWith('data:')) return true;
	const headers = { 'Accept-Encoding': 'identity', Range: 'bytes=0-0' };
	const look = async (signal: AbortSignal) => {
		const answer = await request({ ...transfer, signal }, url, async () => ({ headers }));
		if (answer.headers['content-length'] === '1') answer.body.resume();
		else answer.body.destroy();
		return !goneStatuses.has(answer.statusCode);
	};
	return await within(lookTimeoutMs, look, transfer.signal).catch(() => true);
}

/** A file to upload; the storage requires its size in bytes in advance. */
interface FileToSend {
	/** Opens the file, again for each redirect. */
	read: () => Promise<FileStream | Buffer>;
	mimeType: string;
	sizeBytes: number;
}

/**
 * Sends a file to a presigned URL. Throws as `request` does, RunflowConnectionError if it takes too long,
 * and RunflowApiError for a status other than 2xx.
 */
export async function sendFile(
	transfer: Transfer,
	url: string,
	{ read, mimeType, sizeBytes }: FileToSend,
): Promise<void> {
	const headers = { 'Content-Type': mimeType, 'Content-Length': sizeBytes };
	const send = async (signal: AbortSignal) =>
		await request({ ...transfer, signal }, url, async () => ({
			method: 'PUT',
			headers,
			body: await read(),
		}));
	const { statusCode, body } = await within(fileTimeoutMs, send, transfer.signal).catch();
	body.destroy();
	if (statusCode >= 200 && statusCode < 300) return;
	throw new RunflowApiError(statusCode, { code: uploadRefused });
}
