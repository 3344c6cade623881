import {
	jsonParse,
	NodeOperationError,
	sleep,
	type ICredentialsDecrypted,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type ILoadOptionsFunctions,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { z } from 'zod/v3';

import { RunflowClient } from '../../runflow/client';
import {
	isUntrustedCertificate,
	RunflowAnswerError,
	RunflowConnectionError,
	RunflowError,
} from '../../runflow/errors';
import type { ApiAnswer, ApiRequest, Send } from '../../runflow/request';
import { parseSecrets } from '../../runflow/signature';
import { within } from './deadline';
import { ownTurn } from './turns';

/** Name of the credential type, as saved workflows have it. */
export const credentialType = 'runflowApi';

const credentialSchema = z.object({
	baseUrl: z
		.string()
		.trim()
		.transform((url) => url.replace(/(?<!\/)\/+$/, '').replace(/\/v1$/, ''))
		.catch(''),
	apiKey: z.string().trim().catch(''),
	organizationId: z.string().trim().catch(''),
	signingSecrets: z.string().transform(parseSecrets).catch([]),
});

/** Codes of a connection that failed before a byte of the request was sent. */
const neverSentCodes: ReadonlySet<string> = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'ERR_INVALID_URL',
]);

/** Codes that Linux reports for connections in use as well, so that they need a call that sends nothing. */
const routeCodes: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH']);
const sendsNothing: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo']);

/** An answer as n8n's HTTP helpers return it with `returnFullResponse`. */
export const httpAnswerSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()).catch({}),
	body: z.unknown(),
});

/** The body of an answer, or a file, that arrives bit by bit. */
export type FileStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

/** Whether a body is a stream. */
export function isStream(body: unknown): body is FileStream {
	return typeof body === 'object' && body !== null && 'pipe' in body && 'destroy' in body;
}

/** Takes the error of a stream that nobody reads any more, which would otherwise end the process. */
export const ignoreLateError = (): void => {};

/** Far more than an answer with images of sync mode has. */
const largestAnswerBytes = 200_000_000;

/** What talks to Runflow: the node while it runs, and its webhook while it is called. */
export type RequestContext = IExecuteFunctions | IWebhookFunctions;

/** Where a node connects: while it runs or is called, and while the editor lists runs to choose from. */
type ConnectionContext = RequestContext | ILoadOptionsFunctions;

/** The API client of a node's credential, and the base URL of that credential. */
interface Connection {
	client: RunflowClient;
	baseUrl: string;
	/** Whether an expression in the credential needs the data of the execution. */
	needsItems: boolean;
}

/**
 * Connects with the node's credential. Throws what n8n throws where that can't be read, and
 * NodeOperationError where it can't be right, or differs from item to item.
 */
export async function connect(context: ConnectionContext): Promise<Connection> {
	const opened = await openCredential(context);
	const { baseUrl } = opened;
	const client = new RunflowClient(sender(context, opened), sleep, baseUrl);
	const needsItems = 'getInputData' in context && (await differsWithoutItems(context, opened));
	return { client, baseUrl, needsItems };
}

/** Whether the credential is another where n8n has no data for its expressions, as in a webhook. */
async function differsWithoutItems(
	context: IExecuteFunctions,
	opened: OpenedCredential,
): Promise<boolean> {
	const withoutItems: IExecuteFunctions = Object.create(context, {
		connectionInputData: { value: undefined },
	});
	const other = await withoutItems.getCredentials(credentialType).catch(() => null);
	if (isSame(other, opened)) return false;
	for (const itemIndex of context.getInputData().keys()) {
		if (isSame(await context.getCredentials(credentialType, itemIndex), opened)) continue;
		throw new NodeOperationError(
			context.getNode(),
			'The items have different Runflow credentials',
			{
				itemIndex,
				description:
					"An expression in the credential yields another value for this item, and the node uses one for all. Put 'Loop Over Items' with a 'Batch Size' of 1 before the node. Nothing was sent to Runflow.",
			},
		);
	}
	return true;
}

function isSame(data: unknown, { apiKey, baseUrl, organizationId }: OpenedCredential): boolean {
	const other = credentialSchema.safeParse(data).data;
	return (
		other?.apiKey === apiKey && other.baseUrl === baseUrl && other.organizationId === organizationId
	);
}

/** A credential as n8n has decrypted it, and what of it is needed here. */
interface OpenedCredential {
	decrypted: ICredentialsDecrypted;
	baseUrl: string;
	apiKey: string;
	organizationId: string;
	secrets: string[];
}

const notInHeaders = /[^\x21-\x7e]/;

async function openCredential(context: ConnectionContext): Promise<OpenedCredential> {
	const data = await context.getCredentials(credentialType);
	const { signingSecrets, ...opened } = credentialSchema.parse(data);
	const { apiKey, baseUrl, organizationId } = opened;
	const refuse = (label: string, problem: string) =>
		new NodeOperationError(context.getNode(), `'${label}' in the Runflow credential ${problem}`, {
			description: 'Correct it in the credential. Nothing was sent to Runflow.',
		});
	const badCharacter = 'has a space or another character in it that can not be sent';
	if (notInHeaders.test(apiKey)) throw refuse('API Key', badCharacter);
	if (notInHeaders.test(organizationId)) throw refuse('Organization ID', badCharacter);
	if (!/^https?:\/\/[^\s?#]+$/i.test(baseUrl)) {
		throw refuse(
			'Base URL',
			"must start with https:// or http://, and have no '?', '#' or space in it",
		);
	}
	const decrypted = { id: '', name: '', type: credentialType, data };
	return { ...opened, decrypted, secrets: [apiKey, ...signingSecrets] };
}

/**
 * The function that the client calls. It keeps the credential open, since n8n takes longer to open one than
 * to send a request, and opens it anew where its key is refused: it may have been replaced meanwhile.
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
 * Sends a request by n8n's authenticated request, with one deadline for it and all of its answer. A redirect
 * is not followed, because the key and what is asked for would go along. Throws RunflowConnectionError, and
 * RunflowAnswerError for an answer that never ends.
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

/** What a body says, as JSON where it is some. The signal ends the reading. */
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
	const text = Buffer.concat(chunks).toString();
	return jsonParse<unknown>(text, { fallbackValue: text });
}

/** An error of the system, or one that n8n or its HTTP client wrapped around it. */
const failureSchema = z.object({
	code: z.string().nullish().catch(null),
	syscall: z.string().nullish().catch(null),
	errors: z.array(z.unknown()).nullish().catch(null),
	errorResponse: z.unknown(),
	cause: z.unknown(),
});

type Failure = z.infer<typeof failureSchema>;

const deepestWrapping = 5;

/**
 * Throws RunflowConnectionError with the system's code for a failed request. n8n wraps the original
 * error, so the code may be on the error itself, on what it wraps, or nowhere. `wasAccepted` says whether
 * the answer was a 2xx that broke off. An error of this package is thrown as it is.
 */
export function throwConnectionError(error: unknown, wasAccepted = false): never {
	if (error instanceof RunflowError) throw error;
	const failures = unwrap(error);
	const code = failures.find((failure) => failure.code)?.code ?? null;
	const neverSent =
		code !== null &&
		(neverSentCodes.has(code) ||
			isUntrustedCertificate(code) ||
			(routeCodes.has(code) && failures.some(neverConnected)));
	throw new RunflowConnectionError(code, neverSent, wasAccepted);
}

/** An error and what it wraps, outermost first. */
function unwrap(error: unknown, depth = 0): Failure[] {
	const failure = failureSchema.safeParse(error);
	if (!failure.success || depth > deepestWrapping) return [];
	const { errorResponse, cause } = failure.data;
	return [failure.data, ...unwrap(errorResponse, depth + 1), ...unwrap(cause, depth + 1)];
}

/** Whether it was the connection that failed; with several addresses, each of them. */
function neverConnected({ syscall, errors }: Failure): boolean {
	if (sendsNothing.has(syscall)) return true;
	const attempts = (errors ?? []).flatMap((attempt) => unwrap(attempt).slice(0, 1));
	return attempts.length > 0 && attempts.every((attempt) => sendsNothing.has(attempt.syscall));
}
