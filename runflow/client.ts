import { z } from 'zod';

import { assetSchema, assetUploadSchema, type AssetAnnouncement } from './assets';
import { RunflowAnswerError, RunflowApiError, RunflowError, StoppedError } from './errors';
import { requestJson, type Send } from './request';
import { matches, queryOf, type RunFilter } from './filter';
import type { RunRequest } from './input';
import { isPassing, maxRetries, mayHaveBeenTaken, retryDelay, type Pause } from './retry';
import { deliverySchema, runListSchema, runSchema, type Run } from './run';
import { settle } from './settle';

/** The model this package is about; its slashes stay as they are in a path (RUNS). */
export const generateModel = 'openai/gpt-image-2';

/** Its variant that works on given images (EDIT). */
export const editModel = 'openai/gpt-image-2/edit';

const readTimeout = 30_000;

/** Most runs of one page (RUN-L). */
const mostPerPage = 500;

const noFilter: RunFilter = { status: null, clientRef: null, createdAfter: null, query: null };

/** How one create is made safe to repeat. */
export interface CreateOptions {
	/** Made once per attempt at an image and sent with every try (runflow-api.md 7.3). */
	idempotencyKey: string;
	/** Whether `client_ref` belongs to this run alone, so that a lost run can be found by it. */
	findable: boolean;
	/** Whether an earlier try ended without a clear answer, so that the run may exist already. */
	uncertain: boolean;
	/** How long one create may take to be answered, in milliseconds. */
	timeout: number;
	/** Once it fires, nothing new is sent; a create without a clear answer is still asked for. */
	signal: AbortSignal;
}

/** The endpoints of the API that this package uses, a method each. */
export class RunflowClient {
	constructor(
		private readonly send: Send,
		private readonly pause: Pause,
	) {}

	/** Reads a run once: `GET /v1/runs/{id}` (RUN-G). Throws RunflowError that names the run. */
	async getRun(id: string): Promise<Run> {
		const path = `/v1/runs/${encodeURIComponent(id)}`;
		return await requestJson(
			this.send,
			{ method: 'GET', path, timeout: readTimeout },
			runSchema,
			id,
		);
	}

	/**
	 * Finds the run that carries this `client_ref`, null where there is none. What comes back is compared
	 * again, in case the API ignores the filter.
	 */
	async findRun(clientRef: string): Promise<Run | null> {
		const filter = { ...noFilter, clientRef };
		const { runs } = await this.listRuns(filter, { limit: 50, cursor: null });
		const [found] = runs;
		return found ? await this.getRun(found.id) : null;
	}

	/**
	 * One page of the runs that match, newest first: `GET /v1/runs` (RUN-L, REQ), at most 500. `cursor` is where
	 * the next page begins, null after the last.
	 */
	async listRuns(
		filter: RunFilter,
		{ limit, cursor }: { limit: number; cursor: string | null },
	): Promise<{ runs: Run[]; cursor: string | null }> {
		const q = queryOf(filter);
		const query = {
			limit: Math.min(limit, mostPerPage),
			sort_by: 'created_at:desc',
			...(q !== undefined && { q }),
			...(cursor !== null && { pq: cursor }),
		};
		const page = await requestJson(
			this.send,
			{ method: 'GET', path: '/v1/runs', query, timeout: readTimeout },
			runListSchema,
		);
		const runs = page.items.filter((run): run is Run => run !== null && matches(run, filter));
		return { runs, cursor: page.items.length > 0 ? page.cursor : null };
	}

	/** Announces a file: `POST /v1/asset-uploads` (UPLOAD). Its bytes then go to `upload_url`, without the key. */
	async createUpload(body: AssetAnnouncement): Promise<z.infer<typeof assetUploadSchema>> {
		const path = '/v1/asset-uploads';
		return await requestJson(
			this.send,
			{ method: 'POST', path, body, timeout: readTimeout },
			assetUploadSchema,
		);
	}

	/** Says that the bytes have arrived, and gives the asset's address: `POST …/confirmations` (UPLOAD). */
	async confirmUpload(assetId: string): Promise<z.infer<typeof assetSchema>> {
		const path = `/v1/asset-uploads/${encodeURIComponent(assetId)}/confirmations`;
		const body = { folder_id: null };
		return await requestJson(
			this.send,
			{ method: 'POST', path, body, timeout: readTimeout },
			assetSchema,
		);
	}

	/** Has the callback of an ended run delivered once more: `POST …/callback-redeliveries` (REDEL). */
	async redeliverCallback(runId: string): Promise<Record<string, unknown>> {
		const path = `/v1/runs/${encodeURIComponent(runId)}/callback-redeliveries`;
		return await requestJson(
			this.send,
			{ method: 'POST', path, timeout: readTimeout },
			deliverySchema,
			runId,
		);
	}

	/** The deliveries of a run's callback: `GET …/callback` (HIST). */
	async getCallbackDeliveries(runId: string): Promise<Array<Record<string, unknown>>> {
		const path = `/v1/runs/${encodeURIComponent(runId)}/callback`;
		const deliveries = z.array(deliverySchema);
		return await requestJson(
			this.send,
			{ method: 'GET', path, timeout: readTimeout },
			deliveries,
			runId,
		);
	}

	/**
	 * Creates a run: `POST /v1/models/{model}/runs` (SEED), and gives it as the API answered it, which
	 * may already be its end. Sent again on 429, 5xx and lost connections, at most five times and
	 * always with the same key; where the last try may have been taken, the run is looked for first.
	 * Throws RunflowError, with `mayBePaid` set where the run may exist all the same.
	 */
	async createRun(model: string, request: RunRequest, options: CreateOptions): Promise<Run> {
		let { uncertain } = options;
		for (let retries = 0; ; retries++) {
			const searchFirst = uncertain;
			const outcome = await settle(
				async () => await this.findOrPost(model, request, options, searchFirst),
			);
			if (outcome.ok) return outcome.value;

			const { error } = outcome;
			uncertain ||= mayHaveBeenTaken(error);
			if (!mayTryAgain(error, retries, uncertain)) {
				if (error instanceof RunflowError) error.mayBePaid = uncertain;
				throw error;
			}
			await this.pauseUntilStopped(retryDelay(error, retries, Math.random()), options.signal);
		}
	}

	private async findOrPost(
		model: string,
		request: RunRequest,
		options: CreateOptions,
		searchFirst: boolean,
	): Promise<Run> {
		const taken = searchFirst && options.findable ? await this.findTaken(request) : null;
		if (taken !== null) return taken;
		if (options.signal.aborted) throw new StoppedError();
		return await this.postRun(model, request, options);
	}

	private async postRun(model: string, body: RunRequest, options: CreateOptions): Promise<Run> {
		return await requestJson(
			this.send,
			{
				method: 'POST',
				path: `/v1/models/${model}/runs`,
				headers: { 'Idempotency-Key': options.idempotencyKey },
				body,
				timeout: options.timeout,
			},
			runSchema,
		);
	}

	/** The run of a create that was lost. Where the API won't search, the key alone has to do. */
	private async findTaken({ client_ref }: RunRequest): Promise<Run | null> {
		if (client_ref === undefined) return null;
		const search = await settle(async () => await this.findRun(client_ref));
		if (search.ok) return search.value;
		if (search.error instanceof RunflowApiError && !isPassing(search.error)) return null;
		throw search.error;
	}

	private async pauseUntilStopped(milliseconds: number, signal: AbortSignal): Promise<void> {
		const paused = await settle(async () => await this.pause(milliseconds, signal));
		if (!paused.ok && !signal.aborted) throw paused.error;
	}
}

/** Whether a create that ended with this error is tried once more. */
function mayTryAgain(error: unknown, retries: number, uncertain: boolean): boolean {
	if (retries === maxRetries) return false;
	if (error instanceof RunflowAnswerError) return retries === 0;
	const maybeARace = uncertain && error instanceof RunflowApiError && error.status === 409;
	return maybeARace || isPassing(error);
}
