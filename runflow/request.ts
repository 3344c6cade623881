import type { z } from 'zod';

import { RunflowAnswerError, RunflowApiError, RunflowError } from './errors';
import { parseRetryAfter } from './retry';
import { apiErrorSchema } from './run';
import { settle } from './settle';

/** One request to the API; `path` starts with `/v1/`, `timeout` is in milliseconds. */
export interface ApiRequest {
	method: 'GET' | 'POST';
	path: string;
	query?: Record<string, string | number>;
	headers?: Record<string, string>;
	body?: object;
	timeout: number;
}

/** What came back, whatever its status; `body` is parsed JSON, or text where it isn't JSON. */
export interface ApiAnswer {
	status: number;
	headers: Record<string, unknown>;
	body: unknown;
}

/** Sends with the user's credential. Throws RunflowConnectionError when no answer arrives. */
export type Send = (request: ApiRequest) => Promise<ApiAnswer>;

/**
 * Sends one request and reads its answer by `schema`. Throws RunflowApiError for a status that isn't 2xx,
 * RunflowAnswerError for an answer that doesn't fit, and what `send` throws, each about the run where
 * `runId` names one.
 */
export async function requestJson<T extends z.ZodTypeAny>(
	send: Send,
	request: ApiRequest,
	schema: T,
	runId: string | null = null,
): Promise<z.output<T>> {
	const sent = await settle(async () => await send(request));
	if (!sent.ok) {
		throw sent.error instanceof RunflowError ? sent.error.about(runId) : sent.error;
	}
	const { status, headers, body } = sent.value;
	if (status < 200 || status > 299) {
		const { code, message, fields } = apiErrorSchema.parse(body);
		const retryAfter = parseRetryAfter(headers['retry-after'], Date.now());
		throw new RunflowApiError(status, code, message, fields, retryAfter).about(runId);
	}
	const answer = schema.safeParse(body);
	if (answer.success) return answer.data;
	const problem =
		typeof body === 'object' ? (answer.error.issues[0]?.message ?? 'unknown shape') : 'no JSON';
	throw new RunflowAnswerError(problem).about(runId);
}
