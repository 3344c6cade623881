import {
	sleep,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type IWebhookFunctions,
} from 'n8n-workflow';
import { z } from 'zod';

import { RunflowClient } from '../../runflow/client';
import { RunflowConnectionError } from '../../runflow/errors';
import type { Send } from '../../runflow/request';

/** Name of the credential type, as saved workflows have it. */
export const credentialType = 'runflowApi';

const credentialSchema = z.object({
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

/** An answer as n8n's HTTP helpers return it with `returnFullResponse`. */
export const httpAnswerSchema = z.object({
	statusCode: z.number(),
	headers: z.record(z.unknown()).catch({}),
	body: z.unknown(),
});

/** What talks to Runflow: the node while it runs, and its webhook while it is called. */
export type RequestContext = IExecuteFunctions | IWebhookFunctions;

/** The API client of a node's credential, and the base URL of that credential. */
export interface Connection {
	client: RunflowClient;
	baseUrl: string;
}

/** Connects with the node's credential. Throws what n8n throws where that can't be read. */
export async function connect(context: RequestContext): Promise<Connection> {
	const { baseUrl } = credentialSchema.parse(await context.getCredentials(credentialType));
	return { client: new RunflowClient(sender(context, baseUrl), sleep), baseUrl };
}

/** n8n's authenticated request as the function that the client calls. */
function sender(context: RequestContext, baseUrl: string): Send {
	return async ({ method, path, query, headers, body, timeoutMs }) => {
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
				.call(context, credentialType, request)
				.catch(throwConnectionError),
		);
		return { httpStatus: answer.statusCode, headers: answer.headers, body: answer.body };
	};
}

const codeSchema = z.object({ code: z.string() });

/**
 * Throws RunflowConnectionError with the system's code for a failed request. n8n wraps the original
 * error, so the code may be on the error itself, on what it wraps, or nowhere.
 */
export function throwConnectionError(error: unknown): never {
	const wrapped = z.object({ cause: z.unknown(), errorResponse: z.unknown() }).safeParse(error);
	const candidates = [error, wrapped.data?.errorResponse, wrapped.data?.cause];
	for (const candidate of candidates) {
		const found = codeSchema.safeParse(candidate);
		if (found.success) {
			throw new RunflowConnectionError(found.data.code, neverSentCodes.has(found.data.code));
		}
	}
	throw new RunflowConnectionError(null, false);
}
