import {
	RunflowAnswerError,
	RunflowApiError,
	RunflowConnectionError,
	RunflowError,
	StoppedError,
	returnRunflowError,
} from './errors';
import { findRun, type WantedRun } from './findRun';
import type { RunRequest } from './input';
import type { RunLists } from './lists';
import { requestJson, type Send } from './request';
import {
	createDelay,
	isPassing,
	maxRetries,
	mayHaveBeenAccepted,
	retryDelay,
	type Pause,
} from './retry';
import { createdRunSchema, type Run } from './run';

/** How one create is made safe to repeat. */
export interface CreateOptions {
	/** Made once per attempt at an image and sent with every try (BATCH-C). */
	idempotencyKey: string;
	/** When that attempt began, in milliseconds since 1970; none of its runs is older. */
	startedAt: number;
	/**
	 * Whether `client_ref` belongs to this run alone. If not, a lost run is identified by its input and age
	 * as well.
	 */
	findable: boolean;
	/** Whether a run is known to belong to another create. */
	isTaken?: WantedRun['isTaken'];
	/** Claims a run that was found; false if another create has claimed it in the meantime. */
	take?: WantedRun['take'];
	/** Whether an earlier try got no clear answer, so the run may already exist. */
	uncertain: boolean;
	/** Whether a create refused with 429 fails at once, because the caller retries it; false by default. */
	isRefusalFinal?: boolean;
	/** How long to wait for the answer to one create. */
	timeoutMs: number;
	/** Once it fires, nothing new is sent; a run whose create got no clear answer is still searched for. */
	signal: AbortSignal;
}

/** How a create ended. */
export type CreateOutcome = { run: Run } | FailedCreate;

/** A create that led to no known run. */
export interface FailedCreate {
	error: RunflowError;
	/** Whether the run may nevertheless exist and be paid for. */
	mayBePaid: boolean;
}

/** What a create needs to do its work. */
interface CreateTools {
	send: Send;
	pause: Pause;
	lists: RunLists;
}

/** How often to search again for a run that must exist, because a list may lag slightly. */
const maxSearches = 4;

/**
 * The only request that costs money: `POST /v1/models/{model}/runs` (SEED). Returns the run as the API
 * answered it, so it may already have ended. The request is repeated on 429, 5xx and lost connections, at
 * most five times and always with the same key. If the last try may have been accepted, it searches for the
 * run first. Once the API has accepted the request, or has seen its key, the request is never repeated;
 * only the search is.
 */
export async function createRun(
	tools: CreateTools,
	model: string,
	request: RunRequest,
	options: CreateOptions,
): Promise<CreateOutcome> {
	let { uncertain } = options;
	for (let retries = 0; ; retries++) {
		const result = await findOrPost(tools, model, request, { ...options, uncertain });
		if ('run' in result) return result;
		const { error, wasAccepted, hasNoRun } = result;
		uncertain ||= wasAccepted || mayHaveBeenAccepted(error);
		if (options.uncertain && hasNoRun) uncertain = false;
		const isFinal = wasAccepted || !mayTryAgain(error, retries, options);
		if (isFinal) return { error, mayBePaid: uncertain };
		await pauseUntilStopped(
			tools.pause,
			createDelay(error, retries, Math.random()),
			options.signal,
		);
	}
}

/** A try that led to no run. */
interface FailedTry {
	error: RunflowError;
	/** Whether a run exists although the search didn't find it. */
	wasAccepted: boolean;
	/** Whether no run exists: the list doesn't have it, and the API refuses what was sent. */
	hasNoRun: boolean;
}

/**
 * The statuses for an input that the API doesn't accept, for example because it has the URL of an expired
 * upload.
 */
const refusals = [400, 422];

async function findOrPost(
	tools: CreateTools,
	model: string,
	request: RunRequest,
	options: CreateOptions,
): Promise<{ run: Run } | FailedTry> {
	const { findable, signal, uncertain } = options;
	const unclear = { wasAccepted: false, hasNoRun: false };
	const accepted = uncertain
		? await search(tools, request, options).catch(returnRunflowError)
		: null;
	const isUnsearchable = accepted instanceof RunflowApiError && !isPassing(accepted);
	// If the API refuses to search, the key alone has to suffice.
	if (accepted instanceof RunflowError && !isUnsearchable) return { ...unclear, error: accepted };
	if (accepted !== null && !(accepted instanceof RunflowError)) return { run: accepted };
	if (signal.aborted) return { ...unclear, error: new StoppedError() };
	const posted = await postRun(tools.send, model, request, options).catch(returnRunflowError);
	if (!(posted instanceof RunflowError)) return { run: posted };
	if (showsAcceptance(posted)) {
		const found = await searchAgain(tools, request, options);
		return found === null ? { error: posted, wasAccepted: true, hasNoRun: false } : { run: found };
	}
	const isRefused = posted instanceof RunflowApiError && refusals.includes(posted.httpStatus);
	const wasSearched = uncertain && !isUnsearchable && findable;
	return { ...unclear, error: posted, hasNoRun: wasSearched && isRefused };
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
		createdRunSchema,
	);
}

/**
 * Whether a create that ended like this has a run nevertheless: a 2xx that broke off or has no id, or a
 * 409, which means that the key was seen before (BATCH-C) although no other create uses it.
 */
function showsAcceptance(error: RunflowError): boolean {
	if (error instanceof RunflowAnswerError) return true;
	if (error instanceof RunflowConnectionError) return error.wasAccepted;
	return error instanceof RunflowApiError && error.httpStatus === 409;
}

async function search(
	{ send, lists }: CreateTools,
	{ client_ref, input }: RunRequest,
	{ findable, isTaken, startedAt, take }: CreateOptions,
): Promise<Run | null> {
	if (client_ref === undefined) return null;
	const asked = findable ? null : input;
	const wanted = { clientRef: client_ref, startedAt, input: asked, isTaken, take };
	return await findRun(send, lists, wanted);
}

/**
 * The run of a create that was accepted; null if several searches didn't find it, or if searching isn't
 * possible.
 */
async function searchAgain(
	tools: CreateTools,
	request: RunRequest,
	options: CreateOptions,
): Promise<Run | null> {
	for (let searches = 1; ; searches++) {
		const result = await search(tools, request, options).catch(returnRunflowError);
		if (result !== null && !(result instanceof RunflowError)) return result;
		if (searches === maxSearches || (result !== null && !isPassing(result))) return null;
		const delayMs = retryDelay(result, searches - 1, Math.random());
		await pauseUntilStopped(tools.pause, delayMs, options.signal);
	}
}

/** Whether to retry a create that ended with this error; if the list was unreadable, only once. */
function mayTryAgain(
	error: unknown,
	retries: number,
	{ isRefusalFinal = false }: CreateOptions,
): boolean {
	if (retries === maxRetries) return false;
	const isRefused = error instanceof RunflowApiError && error.httpStatus === 429;
	if (isRefused && isRefusalFinal) return false;
	return isPassing(error) || (error instanceof RunflowAnswerError && retries === 0);
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
