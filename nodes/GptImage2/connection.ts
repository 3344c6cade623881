import {
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
import { isUntrustedCertificate, RunflowConnectionError } from '../../runflow/errors';
import type { ApiAnswer, ApiRequest, Send } from '../../runflow/request';
import { parseSecrets } from '../../runflow/signature';

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
	const client = new RunflowClient(sender(context, opened), sleep);
	const needsItems = 'getInputData' in context && (await differsWithoutItems(context, opened));
	return { client, baseUrl: opened.baseUrl, needsItems };
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

/** Sends a request by n8n's authenticated request. Throws RunflowConnectionError. */
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
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		sendCredentialsOnCrossOriginRedirect: false,
		...(query && { qs: query }),
	};
	const answer = httpAnswerSchema.parse(
		await context.helpers.httpRequestWithAuthentication
			.call(context, credentialType, request, { credentialsDecrypted: decrypted })
			.catch(throwConnectionError),
	);
	const { statusCode: httpStatus, headers: answered, body: content } = answer;
	return { httpStatus, headers: answered, body: content, secrets };
}

/** An error of the system, or one that n8n or its HTTP client wrapped around it. */
const failureSchema = z.object({
	code: z.string().nullish().catch(null),
	syscall: z.string().nullish().catch(null),
	/** What had been answered when the connection broke. */
	status: z.number().nullish().catch(null),
	errors: z.array(z.unknown()).nullish().catch(null),
	errorResponse: z.unknown(),
	cause: z.unknown(),
});

type Failure = z.infer<typeof failureSchema>;

const deepestWrapping = 5;

/**
 * Throws RunflowConnectionError with the system's code for a failed request. n8n wraps the original
 * error, so the code may be on the error itself, on what it wraps, or nowhere.
 */
export function throwConnectionError(error: unknown): never {
	const failures = unwrap(error);
	const code = failures.find((failure) => failure.code)?.code ?? null;
	const neverSent =
		code !== null &&
		(neverSentCodes.has(code) ||
			isUntrustedCertificate(code) ||
			(routeCodes.has(code) && failures.some(neverConnected)));
	const wasAccepted = failures.some(({ status }) => status && status >= 200 && status < 300);
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
