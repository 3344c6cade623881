import { z } from 'zod/v3';

import { uploadAsset, type AssetAnnouncement } from './assets';
import { deliverySchema, type Delivery } from './callback';
import { createRun, type CreateOptions } from './createRun';
import { matches, type RunFilter } from './filter';
import { findRun, type WantedRun } from './findRun';
import type { RunflowError } from './errors';
import type { RunRequest } from './input';
import { pagesOf, RunLists, type ListDetail, type PageRequest, type RunPage } from './lists';
import { readMany, type ManyRuns } from './manyRuns';
import { Durations, durationOf, paceOf } from './pace';
import { PendingRuns } from './pendingRuns';
import { readRun } from './reads';
import { requestJson, usualTimeoutMs, type Send } from './request';
import { retrying, type Pause } from './retry';
import type { Run } from './run';
import { hasSucceeded } from './status';
import { waitForRun } from './waiting';

/** The model this package is about; its slashes stay as they are in a path (RUNS). */
export const generateModel = 'openai/gpt-image-2';

/** Its variant that edits images (EDIT). */
export const editModel = 'openai/gpt-image-2/edit';

/** How long and how often a pending run is read; without a signal only the timeout ends the waiting. */
export interface WaitOptions {
	pollSeconds: number;
	timeoutSeconds: number;
	/** When the run began, in milliseconds since 1970; now unless said. */
	startedAt?: number;
	/** What runs that take about as long have in common; null where nothing is known of that. */
	kind?: string | null;
	/** Whether the ended run is wanted with everything that the API says of it. */
	isWhole?: boolean;
	signal?: AbortSignal;
}

/** How many runs of each kind took, for all nodes of this process. */
const durations = new Durations();

/** An answer of the list serves all who ask within this part of their gap between two reads, in milliseconds at most. */
const freshPerGap = 0.25;
const longestFreshMs = 500;

/**
 * The endpoints of the API that this package uses, a method each. What is safe to repeat is repeated
 * on 429, 5xx and lost connections, at most five times; a signal ends the pauses in between.
 */
export class RunflowClient {
	private readonly lists: RunLists;

	private readonly pending: PendingRuns;

	constructor(
		private readonly send: Send,
		private readonly pause: Pause,
	) {
		this.lists = new RunLists(send);
		this.pending = new PendingRuns({
			read: async (id) => await this.getRunOnce(id),
			readPage: async (filter, page) => await this.lists.read(filter, page),
		});
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

	/**
	 * Waits until a run has ended and returns it; all runs that this client waits for are read together.
	 * Throws as `waitForRun` in waiting.ts does.
	 */
	async waitForRun(run: Run, options: WaitOptions): Promise<Run> {
		const { isWhole = false, kind = null, pollSeconds, ...rest } = options;
		const { pause, pending } = this;
		const pace = paceOf(pollSeconds, kind === null ? null : durations.expected(kind));
		const startedAt = options.startedAt ?? Date.now();
		const ended = await pending.during(
			run,
			async () =>
				await waitForRun({
					...rest,
					run,
					pause,
					pace,
					read: async (id, { gapMs, isLast }) => {
						if (isLast) return await this.getRunOnce(id);
						const freshMs = Math.min(gapMs * freshPerGap, longestFreshMs);
						return await pending.read(id, { freshMs, isWhole });
					},
				}),
		);
		if (kind !== null && ended !== run && hasSucceeded(ended.status)) {
			durations.note(kind, durationOf(ended, Date.now() - startedAt));
		}
		return ended;
	}

	/** Reads several runs, as `readMany` in manyRuns.ts does. */
	async readRuns(
		runs: ManyRuns,
		detail: ListDetail,
		signal?: AbortSignal,
	): Promise<Map<string, Run | RunflowError>> {
		return await readMany(
			{
				read: async (id) => await this.getRun(id, signal),
				readPage: async (filter, page) => await this.listRuns(filter, page, signal),
			},
			runs,
			detail,
		);
	}

	/** The same without repeating a read that fails, for where nobody can wait. */
	async readRunsOnce(runs: ManyRuns, detail: ListDetail): Promise<Map<string, Run | RunflowError>> {
		return await readMany(
			{
				read: async (id) => await this.getRunOnce(id),
				readPage: async (filter, page) => await this.listRunsOnce(filter, page),
			},
			runs,
			detail,
		);
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
