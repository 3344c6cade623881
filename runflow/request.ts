import type { z } from 'zod/v3';

import { apiErrorSchema, scopeOf } from './apiError';
import { RunflowAnswerError, RunflowApiError, RunflowError } from './errors';
import { redactAnswer } from './redact';
import { parseRetryAfter } from './retry';

// Tags in parentheses, here and in the whole folder, name the source of a fact: see docs/sources.md.

/** One request to the API; `path` starts with `/v1/`. */
export interface ApiRequest {
	method: 'GET' | 'POST';
	path: string;
	query?: Record<string, string | number>;
	headers?: Record<string, string>;
	body?: object;
	timeoutMs: number;
}

/** The answer, whatever its status; `body` is parsed JSON, or text if it isn't JSON. */
export interface ApiAnswer {
	httpStatus: number;
	headers: Record<string, unknown>;
	body: unknown;
	/** The credential's secrets, which are hidden wherever the answer is quoted. */
	secrets?: readonly string[];
}

/** A request as callers specify it; without a timeout it may take half a minute. */
type Request = Omit<ApiRequest, 'timeoutMs'> & Partial<Pick<ApiRequest, 'timeoutMs'>>;

/** Sends with the user's credential. Throws RunflowConnectionError when no answer arrives. */
export type Send = (request: ApiRequest) => Promise<ApiAnswer>;

/** How long a request may take if it only reads, or does its work at once. */
const usualTimeoutMs = 30_000;

/**
 * Sends one request and reads its answer with `schema`. Throws RunflowApiError for a status other than 2xx,
 * RunflowAnswerError for an answer that doesn't fit, and what `send` throws, each with the run if `runId`
 * names one. The result never contains a secret of the credential, even if the answer repeats it.
 */
export async function requestJson<T extends z.ZodTypeAny>(
	send: Send,
	request: Request,
	schema: T,
	runId: string | null = null,
): Promise<z.output<T>> {
	try {
		return read(request, await send({ timeoutMs: usualTimeoutMs, ...request }), schema);
	} catch (error) {
		throw error instanceof RunflowError ? error.about(runId) : error;
	}
}

function read<T extends z.ZodTypeAny>(
	{ method, path }: Request,
	{ httpStatus, headers, body: sent, secrets }: ApiAnswer,
	schema: T,
): z.output<T> {
	const body = redactAnswer(sent, secrets);
	if (httpStatus < 200 || httpStatus > 299) {
		const { code, message, fields } = apiErrorSchema.parse(body);
		throw new RunflowApiError(httpStatus, {
			code,
			detail: message,
			fields,
			retryAfterMs: parseRetryAfter(headers['retry-after'], Date.now()),
			scope: scopeOf(method, path),
		});
	}
	const answer = schema.safeParse(body);
	if (answer.success) return answer.data;
	throw new RunflowAnswerError(
		typeof body === 'object' ? (answer.error.issues[0]?.message ?? 'unknown shape') : 'no JSON',
	);
}
