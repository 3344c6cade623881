import { z } from 'zod';

import { uploadAsset, type AssetAnnouncement } from './assets';
import { deliverySchema, type Delivery } from './callback';
import { createRun, type CreateOptions } from './createRun';
import { matches, type RunFilter } from './filter';
import { findRun, type WantedRun } from './findRun';
import type { RunRequest } from './input';
import { pagesOf, RunLists, type PageRequest, type RunPage } from './lists';
import { readRun } from './reads';
import { requestJson, usualTimeoutMs, type Send } from './request';
import { retrying, type Pause } from './retry';
import type { Run } from './run';
import { paceOf, waitForRun } from './waiting';

/** The model this package is about; its slashes stay as they are in a path (RUNS). */
export const generateModel = 'openai/gpt-image-2';

/** Its variant that edits images (EDIT). */
export const editModel = 'openai/gpt-image-2/edit';

/** How long and how often a pending run is read; without a signal only the timeout ends the waiting. */
export interface WaitOptions {
	pollSeconds: number;
	timeoutSeconds: number;
	signal?: AbortSignal;
}

/**
 * The endpoints of the API that this package uses, a method each. What is safe to repeat is repeated
 * on 429, 5xx and lost connections, at most five times; a signal ends the pauses in between.
 */
export class RunflowClient {
	private readonly lists: RunLists;

	constructor(
		private readonly send: Send,
		private readonly pause: Pause,
	) {
		this.lists = new RunLists(send);
	}

	/** Reads a run. Throws a RunflowError that names the run. */
	async getRun(id: string, signal?: AbortSignal): Promise<Run> {
		return await this.repeat(async () => await readRun(this.send, id), signal);
	}

	/** Reads a run without repeating a read that fails, for where nobody can wait. Throws as `getRun` does. */
	async getRunOnce(id: string): Promise<Run> {
		return await readRun(this.send, id);
	}

	/** Finds the run of an earlier create, null where there is none. Throws RunflowError. */
	async findRun(wanted: WantedRun, signal?: AbortSignal): Promise<Run | null> {
		return await this.repeat(async () => await findRun(this.send, this.lists, wanted), signal);
	}

	/** Reads one page of the runs that match, newest first, at most 500. Throws RunflowError. */
	async listRuns(filter: RunFilter, page: PageRequest, signal?: AbortSignal): Promise<RunPage> {
		return await this.repeat(async () => await this.listRunsOnce(filter, page), signal);
	}

	/** Reads such a page without repeating a read that fails, for where nobody can wait. Throws RunflowError. */
	async listRunsOnce(filter: RunFilter, page: PageRequest): Promise<RunPage> {
		const { runs, cursor } = await this.lists.read(filter, page);
		return { runs: runs.filter((run) => matches(run, filter)), cursor };
	}

	/** The pages of such a list, at most `mostPages`, as `pagesOf` yields them. Throws RunflowError. */
	runPages(
		filter: RunFilter,
		{ mostPages, ...page }: Omit<PageRequest, 'cursor'> & { mostPages?: number },
		signal?: AbortSignal,
	): AsyncGenerator<RunPage> {
		return pagesOf(
			async (cursor) => await this.listRuns(filter, { ...page, cursor }, signal),
			mostPages,
		);
	}

	/** Creates a run and pays for it, by the rules of `createRun`. Throws as it does. */
	async createRun(model: string, request: RunRequest, options: CreateOptions): Promise<Run> {
		const { lists, pause, send } = this;
		return await createRun({ send, pause, lists }, model, request, options);
	}

	/** Waits until a run has ended and returns it. Throws as `waitForRun` in waiting.ts does. */
	async waitForRun(run: Run, { pollSeconds, timeoutSeconds, signal }: WaitOptions): Promise<Run> {
		const read = async (id: string) => await readRun(this.send, id);
		const pace = paceOf(pollSeconds);
		return await waitForRun({ run, read, pause: this.pause, pace, timeoutSeconds, signal });
	}

	/**
	 * Uploads a file and returns the URL under which a run can read it. Costs nothing, so it is
	 * repeated as a whole. Throws RunflowError.
	 */
	async uploadAsset(
		announcement: AssetAnnouncement,
		sendBytes: (uploadUrl: string) => Promise<void>,
	): Promise<string> {
		return await this.repeat(async () => await uploadAsset(this.send, announcement, sendBytes));
	}

	/**
	 * Has the callback of an ended run delivered once more and returns that delivery:
	 * `POST …/callback-redeliveries` (REDEL). Never repeated, because each one calls the receiver.
	 */
	async redeliverCallback(runId: string): Promise<Delivery> {
		const path = `/v1/runs/${encodeURIComponent(runId)}/callback-redeliveries`;
		return await requestJson(
			this.send,
			{ method: 'POST', path, timeoutMs: usualTimeoutMs },
			deliverySchema,
			runId,
		);
	}

	/** The deliveries of a run's callback: `GET …/callback` (HIST). */
	async getCallbackDeliveries(runId: string): Promise<Delivery[]> {
		const path = `/v1/runs/${encodeURIComponent(runId)}/callback`;
		return await this.repeat(
			async () =>
				await requestJson(
					this.send,
					{ method: 'GET', path, timeoutMs: usualTimeoutMs },
					z.array(deliverySchema),
					runId,
				),
		);
	}

	private async repeat<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
		return await retrying(request, this.pause, signal);
	}
}
