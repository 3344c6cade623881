import type { FieldProblem, Scope } from './apiError';
import { isRefused } from './refusal';
import type { Run } from './run';
import { hasSucceeded } from './status';

/** Anything that can go wrong with a run; `runId` is set as soon as a run exists. */
export abstract class RunflowError extends Error {
	/** The API's or this package's stable code for the problem; null if there is none. */
	abstract readonly code: string | null;

	constructor(
		message: string,
		/** The run that the error is about; null if there is none. */
		readonly runId: string | null = null,
	) {
		super(message);
		this.name = new.target.name;
	}

	/** The same error, with this run attached. An error that already names a run is returned unchanged. */
	about(runId: string | null): RunflowError {
		if (this.runId !== null || runId === null) return this;
		const named: RunflowError = Object.create(this, { runId: { value: runId, enumerable: true } });
		return named;
	}
}

/** What is known about a refusal besides its status. */
type Refusal = Partial<
	Pick<RunflowApiError, 'code' | 'detail' | 'fields' | 'retryAfterMs' | 'scope'>
>;

/** The API answered with a status that isn't 2xx (ERR). */
export class RunflowApiError extends RunflowError {
	readonly code: string | null;

	/** The API's own words; null if it sent none. */
	readonly detail: string | null;

	readonly fields: FieldProblem[];

	/** How long to wait before the next try; null if the API didn't say (RATE). */
	readonly retryAfterMs: number | null;

	/** The scope that the key needs for the request; null if unknown. */
	readonly scope: Scope | null;

	constructor(
		readonly httpStatus: number,
		{ code = null, detail = null, fields = [], retryAfterMs = null, scope = null }: Refusal = {},
	) {
		super(`Runflow answered ${httpStatus}`);
		this.code = code;
		this.detail = detail;
		this.fields = fields;
		this.retryAfterMs = retryAfterMs;
		this.scope = scope;
	}
}

/** No answer arrived: refused, reset, timed out, or the name could not be resolved. */
export class RunflowConnectionError extends RunflowError {
	constructor(
		/** The system's code, such as ECONNRESET; null if unknown. */
		readonly code: string | null,
		/** Whether the request can't have reached the API, so that nothing was started or paid for. */
		readonly neverSent: boolean,
		/** Whether the connection broke during a 2xx answer, so the API did what was asked. */
		readonly wasAccepted = false,
	) {
		super('No answer from Runflow');
	}

	/** Whether the server's certificate is not trusted, which repeating the request won't change. */
	get isUntrusted(): boolean {
		return isUntrustedCertificate(this.code);
	}
}

/** Whether a code means that the TLS handshake failed because of the certificate, so nothing was sent. */
export function isUntrustedCertificate(code: string | null): boolean {
	return /^(CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|ERR_TLS_CERT)/.test(
		code ?? '',
	);
}

/** The API answered 2xx, but not with what it documents. */
export class RunflowAnswerError extends RunflowError {
	readonly code = 'UNREADABLE_ANSWER';

	constructor(readonly problem: string) {
		super('Runflow sent an answer that could not be read');
	}
}

/** A run ended as failed or cancelled, or succeeded without any image. */
export class RunFailedError extends RunflowError {
	readonly code: string | null;

	/** Whether no later read will have an image; the output of a run that succeeded may come late. */
	readonly isOver: boolean;

	/** Whether the prompt or an image was refused, so that the same request would fail again. */
	readonly isRefused: boolean;

	constructor(readonly run: Run) {
		super(`Run ${run.id} ended as ${run.status}`, run.id);
		this.isRefused = isRefused(run);
		this.code = this.isRefused ? 'PROMPT_REFUSED' : (run.failure?.code ?? null);
		this.isOver = !hasSucceeded(run.status) || run.input?.sync_mode === true;
	}
}

/** The deadline passed while the run was still pending. */
export class RunDeadlineError extends RunflowError {
	readonly code = 'DEADLINE';

	constructor(
		runId: string,
		readonly lastStatus: string,
		readonly waitedSeconds: number,
	) {
		super(`Run ${runId} was still ${lastStatus} after ${waitedSeconds} s`, runId);
	}
}

/**
 * Why a file could not be fetched or sent: the storage's answer, or what is wrong with its URL or with the
 * data that arrived.
 */
export type TransferProblem =
	| number
	| 'broken'
	| 'incomplete'
	| 'no-image'
	| 'not-http'
	| 'private'
	| 'redirects'
	| 'too-large'
	| 'too-slow';

/** A file could not be fetched or sent, and trying the same URL again won't help. */
export class TransferError extends RunflowError {
	readonly code = 'TRANSFER_FAILED';

	constructor(readonly problem: TransferProblem) {
		super('A file could not be transferred');
	}
}

/** A finished image could not be downloaded. */
export class ImageDownloadError extends RunflowError {
	readonly code = 'DOWNLOAD_FAILED';

	constructor(
		/** Which image of the run, counted from 0. */
		readonly index: number,
		readonly problem: TransferProblem,
	) {
		super(`Image ${index} could not be downloaded`);
	}
}

/** Which image could not be stored, and why. */
interface StorageProblem {
	/** Which image of the run, counted from 0. */
	index: number;
	/** The operating system's code, such as ENOSPC. */
	reason: string;
	isDiskFull: boolean;
	/** Whether Runflow has no copy of the image, because it came in the run's own answer. */
	isOnlyCopy: boolean;
}

/** A finished image arrived but could not be stored. */
export class ImageStorageError extends RunflowError {
	readonly code = 'STORAGE_FAILED';

	constructor(readonly problem: StorageProblem) {
		super(`Image ${problem.index} could not be stored`);
	}
}

/** A run has no image with the requested number, counted from 1. */
export class NoSuchImageError extends RunflowError {
	readonly code = 'NO_SUCH_IMAGE';

	constructor(
		readonly run: Run,
		readonly imageNumber: number,
	) {
		super(`Run ${run.id} has no image ${imageNumber}`, run.id);
	}
}

/** The API recognizes the key of a repeated create, but no run for it is found. */
export class DisputedRunError extends RunflowError {
	readonly code = 'RUN_DISPUTED';

	constructor(readonly clientRef: string) {
		super('The API knows a request and no run of it');
	}
}

/**
 * Why runs are missing from a list: the status with which the API refused it, too many runs, or runs that
 * can't be read yet.
 */
export type MissingRuns = number | 'too many' | 'too new';

/** Why it isn't known which run belongs to which item: runs are missing, or they can't be told apart. */
export type UnknownBecause = MissingRuns | 'alike';

/** It isn't known which of the earlier runs belong to an item, and therefore what is paid for. */
export class UnknownRunsError extends RunflowError {
	readonly code = 'RUNS_UNKNOWN';

	constructor(readonly because: UnknownBecause) {
		super('The runs could not be listed');
	}
}

/** The node was told to stop, by n8n or because another item failed. */
export class StoppedError extends RunflowError {
	readonly code = 'STOPPED';

	constructor() {
		super('Stopped before the run ended');
	}
}

/**
 * For `.catch`: returns an error of this package, so that the caller can decide on it as a value; rethrows
 * any other.
 */
export function returnRunflowError(error: unknown): RunflowError {
	if (error instanceof RunflowError) return error;
	throw error;
}

/**
 * Whether the API doesn't know what was asked for: a run that is gone, or one that was only just created.
 */
export function isNotFound(error: unknown): error is RunflowApiError {
	return error instanceof RunflowApiError && error.httpStatus === 404;
}

/** For `.catch`: returns null if something isn't found; rethrows any other error. */
export function returnNullIfNotFound(error: unknown): null {
	if (isNotFound(error)) return null;
	throw error;
}
