import { jsonParse, sleep, type IExecuteFunctions, type IHttpRequestOptions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { RunflowClient } from '../../runflow/client';
import { RunflowAnswerError } from '../../runflow/errors';
import type { ApiAnswer, ApiRequest, Send } from '../../runflow/request';
import { throwConnectionError } from './connectionErrors';
import {
	credentialType,
	differsWithoutItems,
	openCredential,
	type ConnectionContext,
	type OpenedCredential,
} from './credential';
import { within } from './deadline';
import { ownTurn } from './turns';

/** An answer as n8n's HTTP helpers return it with `returnFullResponse`. */
export const httpAnswerSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()).catch({}),
	body: z.unknown(),
});

/** The body of an answer, or a file, that arrives in chunks. */
export type FileStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

/** Whether a body is a stream. */
export function isStream(body: unknown): body is FileStream {
	return typeof body === 'object' && body !== null && 'pipe' in body && 'destroy' in body;
}

/** Handles the error of a stream that nobody reads any more, which would otherwise end the process. */
export const ignoreLateError = (): void => {};

/** Far larger than an answer with images of sync mode. */
const largestAnswerBytes = 200_000_000;

/** The API client of a node's credential. */
export interface Connection {
	client: RunflowClient;
	/** The same client, sending through another context, so that it needs no data of this one. */
	clientIn: (context: ConnectionContext) => RunflowClient;
	/** Whether an expression in the credential needs the data of the execution. */
	needsItems: boolean;
}

/**
 * Connects with the node's credential. Throws what n8n throws if the credential can't be read, and
 * NodeOperationError if it can't be right, or differs from item to item.
 */
export async function connect(context: ConnectionContext): Promise<Connection> {
	const opened = await openCredential(context);
	const clientIn = (other: ConnectionContext) =>
		new RunflowClient(sender(other, opened), sleep, opened.baseUrl);
	const needsItems = 'getInputData' in context && (await differsWithoutItems(context, opened));
	return { client: clientIn(context), clientIn, needsItems };
}

/**
 * Returns the function that the client calls to send. It keeps the credential open, because opening one
 * takes n8n longer than sending a request. If the key is refused, it opens the credential again, because
 * the key may have been replaced in the meantime.
 */
function sender(context: ConnectionContext, first: OpenedCredential): Send {
	let opened = first;
	return async (request) => {
		const answer = await sendWith(context, opened, request);
		if (answer.httpStatus !== 401) return answer;
		const { apiKey } = opened;
		opened = await openCredential(context);
		return opened.apiKey === apiKey ? answer : await sendWith(context, opened, request);
	};
}

/**
 * Sends a request through n8n's authenticated request, with one deadline for the request and its whole
 * answer. Redirects are not followed, because the key and the request would be passed on. Throws
 * RunflowConnectionError, and RunflowAnswerError for an answer that never ends.
 */
async function sendWith(
	context: ConnectionContext,
	{ baseUrl, decrypted, secrets }: OpenedCredential,
	{ method, path, query, headers, body, timeoutMs }: ApiRequest,
): Promise<ApiAnswer> {
	const request: IHttpRequestOptions = {
		method,
		url: `${baseUrl}${path}`,
		headers,
		body,
		timeout: timeoutMs,
		json: true,
		encoding: 'stream',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
		sendCredentialsOnCrossOriginRedirect: false,
		...(query && { qs: query }),
	};
	let wasAccepted = false;
	await ownTurn();
	return await within(timeoutMs, async (abortSignal) => {
		const answer = httpAnswerSchema.parse(
			await context.helpers.httpRequestWithAuthentication.call(
				context,
				credentialType,
				{ ...request, abortSignal },
				{ credentialsDecrypted: decrypted },
			),
		);
		const { statusCode: httpStatus, headers: answered } = answer;
		wasAccepted = httpStatus >= 200 && httpStatus < 300;
		const content = await readContent(answer.body, abortSignal);
		await ownTurn();
		return { httpStatus, headers: answered, body: content, secrets };
	}).catch((error: unknown) => throwConnectionError(error, wasAccepted));
}

/** The content of a body, parsed if it is JSON. The signal ends the reading. */
async function readContent(body: unknown, signal: AbortSignal): Promise<unknown> {
	if (!isStream(body)) return body;
	body.on('error', ignoreLateError);
	const end = () => body.destroy();
	signal.addEventListener('abort', end, { once: true });
	if (signal.aborted) end();
	const chunks: Buffer[] = [];
	let sizeBytes = 0;
	for await (const chunk of body) {
		sizeBytes += chunk.length;
		if (sizeBytes > largestAnswerBytes) throw new RunflowAnswerError('it was larger than 200 MB');
		chunks.push(chunk);
	}
	const text = Buffer.concat(chunks)
		.toString()
		.replace(/^\ufeff/, '');
	return jsonParse<unknown>(text, { fallbackValue: text });
}
