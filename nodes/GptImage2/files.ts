import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { uploadRefused } from '../../runflow/assets';
import { RunflowApiError } from '../../runflow/errors';
import { httpAnswerSchema, throwConnectionError, type RequestContext } from './connection';

type FileStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

const streamAnswerSchema = httpAnswerSchema.extend({
	body: z.custom<FileStream>(
		(body) => typeof body === 'object' && body !== null && 'pipe' in body && 'destroy' in body,
	),
});

/** An image on its way: a stream of unknown length, and the type that the storage names. */
interface FetchedImage {
	httpStatus: number;
	contentType: string | null;
	stream: FileStream;
}

/** How a storage refuses an image that was deleted, or a URL that has expired. */
const goneStatuses: ReadonlySet<number> = new Set([400, 401, 403, 404, 410]);

const fileTimeoutMs = 300_000;

/**
 * Opens a presigned image URL as a stream, without the API key: the URL carries its own permission.
 * Throws RunflowConnectionError when nothing arrives.
 */
export async function fetchImage(
	context: RequestContext,
	url: string,
	signal?: AbortSignal,
): Promise<FetchedImage> {
	const answer = streamAnswerSchema.parse(
		await context.helpers
			.httpRequest({
				url,
				encoding: 'stream',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				abortSignal: signal,
				timeout: fileTimeoutMs,
			})
			.catch(throwConnectionError),
	);
	const contentType = answer.headers['content-type'];
	return {
		httpStatus: answer.statusCode,
		contentType: typeof contentType === 'string' ? contentType : null,
		stream: answer.body,
	};
}

/**
 * Whether the storage still has an image; false only where it says that it hasn't, or no longer shows
 * it. Opens the image and reads none of it. Never throws.
 */
export async function isStillThere(
	context: RequestContext,
	url: string,
	signal?: AbortSignal,
): Promise<boolean> {
	if (url.startsWith('data:')) return true;
	const image = await fetchImage(context, url, signal).catch(() => null);
	image?.stream.destroy();
	return image === null || !goneStatuses.has(image.httpStatus);
}

/** A file to upload; a stream needs its size in bytes, which the storage wants to know in advance. */
interface FileToSend {
	body: FileStream | Buffer;
	mimeType: string;
	sizeBytes: number;
}

/**
 * Sends a file to a presigned URL, without the API key. Redirects are not followed, because that
 * would hold the whole file in memory. Throws RunflowConnectionError, and RunflowApiError for a
 * status other than 2xx.
 */
export async function sendFile(
	context: IExecuteFunctions,
	url: string,
	{ body, mimeType, sizeBytes }: FileToSend,
): Promise<void> {
	const answer = await context.helpers
		.httpRequest({
			method: 'PUT',
			url,
			body,
			headers: { 'Content-Type': mimeType, 'Content-Length': sizeBytes },
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: fileTimeoutMs,
		})
		.catch(throwConnectionError);
	const { statusCode } = httpAnswerSchema.parse(answer);
	if (statusCode >= 200 && statusCode < 300) return;
	throw new RunflowApiError(statusCode, { code: uploadRefused });
}
