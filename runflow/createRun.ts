import {
	RunflowAnswerError,
	RunflowApiError,
	RunflowError,
	StoppedError,
	returnRunflowError,
} from './errors';
import type { RunRequest } from './input';
import { findRun } from './reads';
import { requestJson, type Send } from './request';
import { isPassing, maxRetries, mayHaveBeenAccepted, retryDelay, type Pause } from './retry';
import { runSchema, type Run } from './run';

/** How one create is made safe to repeat. */
export interface CreateOptions {
	/** Made once per attempt at an image and sent with every try (BATCH-C). */
	idempotencyKey: string;
	/** Whether `client_ref` belongs to this run alone, so that a lost run can be found by it. */
	findable: boolean;
	/** Whether an earlier try got no clear answer, so the run may already exist. */
	uncertain: boolean;
	/** How long one create may take to be answered. */
	timeoutMs: number;
	/** Once it fires, nothing new is sent; the run of a create without a clear answer is still looked for. */
	signal: AbortSignal;
}

/**
 * The one request that costs money: `POST /v1/models/{model}/runs` (SEED). Returns the run as the API
 * answered it, which may already have ended. Repeated on 429, 5xx and lost connections, at most five
 * times and always with the same key; where the last try may have been accepted, the run is looked
 * for first. Throws RunflowError, with `mayBePaid` set where the run may exist all the same.
 */
export async function createRun(
	{ send, pause }: { send: Send; pause: Pause },
	model: string,
	request: RunRequest,
	options: CreateOptions,
): Promise<Run> {
	let { uncertain } = options;
	for (let retries = 0; ; retries++) {
		const result = await findOrPost(send, model, request, { ...options, uncertain }).catch(
			returnRunflowError,
		);
		if (!(result instanceof RunflowError)) return result;
		uncertain ||= mayHaveBeenAccepted(result);
		if (!mayTryAgain(result, retries, uncertain)) {
			result.mayBePaid = uncertain;
			throw result;
		}
		await pauseUntilStopped(pause, retryDelay(result, retries, Math.random()), options.signal);
	}
}

async function findOrPost(
	send: Send,
	model: string,
	request: RunRequest,
	options: CreateOptions,
): Promise<Run> {
	const { findable, signal, uncertain } = options;
	const accepted = uncertain && findable ? await findAccepted(send, request) : null;
	if (accepted !== null) return accepted;
	if (signal.aborted) throw new StoppedError();
	return await postRun(send, model, request, options);
}

async function postRun(
	send: Send,
	model: string,
	body: RunRequest,
	{ idempotencyKey, timeoutMs }: CreateOptions,
): Promise<Run> {
	return await requestJson(
		send,
		{
			method: 'POST',
			path: `/v1/models/${model}/runs`,
			headers: { 'Idempotency-Key': idempotencyKey },
			body,
			timeoutMs,
		},
		runSchema,
	);
}

/** The run of a create that was lost. Where the API refuses to search, the key alone has to do. */
async function findAccepted(send: Send, { client_ref }: RunRequest): Promise<Run | null> {
	if (client_ref === undefined) return null;
	return await findRun(send, client_ref).catch((error: unknown) => {
		if (error instanceof RunflowApiError && !isPassing(error)) return null;
		throw error;
	});
}

/** Whether a create that ended with this error is tried once more. */
function mayTryAgain(error: unknown, retries: number, uncertain: boolean): boolean {
	if (retries === maxRetries) return false;
	if (error instanceof RunflowAnswerError) return retries === 0;
	const maybeARace = uncertain && error instanceof RunflowApiError && error.httpStatus === 409;
	return maybeARace || isPassing(error);
}

async function pauseUntilStopped(
	pause: Pause,
	milliseconds: number,
	signal: AbortSignal,
): Promise<void> {
	await pause(milliseconds, signal).catch((error: unknown) => {
		if (!signal.aborted) throw error;
	});
}
