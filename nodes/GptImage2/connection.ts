import {
	sleep,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { z } from 'zod';

import type { Send } from '../../runflow/request';
import { RunflowClient } from '../../runflow/client';
import { RunflowConnectionError } from '../../runflow/errors';

/** Name of the credential type, as saved workflows have it. */
export const credentialType = 'runflowApi';

const connectionSchema = z.object({
	baseUrl: z
		.string()
		.trim()
		.transform((url) => url.replace(/\/+$/, '').replace(/\/v1$/, ''))
		.catch(''),
});

/** Codes of a connection that failed before a byte of the request was sent. */
const neverSentCodes: ReadonlySet<string> = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'ENETUNREACH',
	'EHOSTUNREACH',
	'ERR_INVALID_URL',
]);

const answerSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()).catch({}),
	body: z.unknown(),
});

/** What talks with Runflow: the node while it runs, and its webhook while it is called. */
export type RequestContext = IExecuteFunctions | IWebhookFunctions;

/** The API client of a node's credential, and where that credential points. */
export interface Connection {
	client: RunflowClient;
	baseUrl: string;
}

/** Connects with the node's credential. */
export async function connect(context: RequestContext): Promise<Connection> {
	const { baseUrl } = connectionSchema.parse(await context.getCredentials(credentialType));
	return { client: new RunflowClient(sender(context, baseUrl), sleep), baseUrl };
}

/** n8n's authenticated request as the function that the client calls. */
function sender(context: RequestContext, baseUrl: string): Send {
	return async ({ method, path, query, headers, body, timeout }) => {
		const request: IHttpRequestOptions = {
			method,
			url: `${baseUrl}${path}`,
			headers,
			body,
			timeout,
			json: true,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			sendCredentialsOnCrossOriginRedirect: false,
			...(query && { qs: query }),
		};
		const answer = answerSchema.parse(
			await context.helpers.httpRequestWithAuthentication
				.call(context, credentialType, request)
				.catch(rethrowConnection),
		);
		return { status: answer.statusCode, headers: answer.headers, body: answer.body };
	};
}

type ImageStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

/** What fetching an image gave: a stream, its length unknown, and what the server says it is. */
export interface FetchedImage {
	status: number;
	contentType: string | null;
	stream: ImageStream;
}

const streamSchema = answerSchema.extend({
	body: z.custom<ImageStream>(
		(body) => typeof body === 'object' && body !== null && 'pipe' in body && 'destroy' in body,
	),
});

const downloadTimeout = 300_000;

/**
 * Opens a presigned image URL as a stream, without the API key: the URL carries its own permission.
 * Throws RunflowConnectionError when nothing arrives.
 */
export async function fetchImage(
	context: RequestContext,
	url: string,
	signal: AbortSignal,
): Promise<FetchedImage> {
	const answer = streamSchema.parse(
		await context.helpers
			.httpRequest({
				url,
				encoding: 'stream',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				abortSignal: signal,
				timeout: downloadTimeout,
			})
			.catch(rethrowConnection),
	);
	const contentType = answer.headers['content-type'];
	return {
		status: answer.statusCode,
		contentType: typeof contentType === 'string' ? contentType : null,
		stream: answer.body,
	};
}

/**
 * Sends a file to a presigned address, without the API key, and gives the status of the answer. Redirects are not
 * followed, because that would hold the whole file in memory. Throws RunflowConnectionError.
 */
export async function sendFile(
	context: IExecuteFunctions,
	url: string,
	{ body, mimeType, size }: { body: ImageStream | Buffer; mimeType: string; size: number },
): Promise<number> {
	const answer = await context.helpers
		.httpRequest({
			method: 'PUT',
			url,
			body,
			headers: { 'Content-Type': mimeType, 'Content-Length': size },
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: downloadTimeout,
		})
		.catch(rethrowConnection);
	return answerSchema.parse(answer).statusCode;
}

const codeSchema = z.object({ code: z.string() });

/**
 * The system's code of a failed connection. n8n wraps the original error, so the code may stand on
 * the error itself, on what it wraps, or only in its list of messages.
 */
function rethrowConnection(error: unknown): never {
	const wrapped = z
		.object({ code: z.string().nullish(), cause: z.unknown(), errorResponse: z.unknown() })
		.safeParse(error);
	const candidates = wrapped.success
		? [error, wrapped.data.errorResponse, wrapped.data.cause]
		: [error];
	for (const candidate of candidates) {
		const found = codeSchema.safeParse(candidate);
		if (found.success) {
			throw new RunflowConnectionError(found.data.code, neverSentCodes.has(found.data.code));
		}
	}
	throw new RunflowConnectionError(null, false);
}
