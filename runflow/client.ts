import { z } from 'zod/v3';

import { uploadAsset, type AssetAnnouncement } from './assets';
import { deliverySchema, type Delivery } from './callback';
import { createRun, type CreateOptions, type CreateOutcome } from './createRun';
import { findRun, type WantedRun } from './findRun';
import type { RunRequest } from './input';
import { RunLists } from './lists';
import { beganAt, Durations, durationOf } from './pace';
import { PendingRuns } from './pendingRuns';
import { RunReader } from './reads';
import { requestJson, type Send } from './request';
import { retrying, type Pause } from './retry';
import type { Run } from './run';
import { hasSucceeded } from './status';
import { waitForRun } from './waiting';

/** The model that this package uses; in a path, its slashes are not encoded (RUNS). */
export const generateModel = 'openai/gpt-image-2';

/** Its variant that edits images (EDIT). */
export const editModel = 'openai/gpt-image-2/edit';

/** How long and how often to read a pending run; without a signal, only the timeout ends the wait. */
interface WaitOptions {
	pollSeconds: number;
	timeoutSeconds: number;
	/** When this process created the run, in milliseconds since 1970; absent if it didn't. */
	startedAt?: number;
	/** A key shared by runs that take about as long; null if unknown. */
	kind?: string | null;
	/** Whether the ended run should include everything that the API reports about it. */
	isWhole?: boolean;
	signal?: AbortSignal;
}

/** How long runs of each kind took, for all nodes of this process. */
const durations = new Durations();

/** The pauses before a run whose output is still missing is read again, in milliseconds. */
const outputDelaysMs = [500, 1_000, 2_000, 4_000];

/**
 * A list is shared by all who ask within this fraction of their gap between two reads, but for at most this
 * many milliseconds.
 */
const freshPerGap = 0.25;
const longestFreshMs = 500;

/**
 * The endpoints of the API that this package uses, one method each. Requests that are safe to repeat are
 * repeated on 429, 5xx and lost connections, at most five times; a signal ends the pauses in between.
 */
export class RunflowClient extends RunReader {
	/** The same reads, but a failed one isn't repeated; for callers that can't wait. */
	readonly once: RunReader;

	private readonly pending: PendingRuns;

	constructor(
		send: Send,
		private readonly pause: Pause,
		/** The address of the API. */
		readonly baseUrl = 'https://api.runflow.io',
	) {
		const lists = new RunLists(send);
		super(send, lists, async (request, signal) => await retrying(request, pause, signal));
		this.once = new RunReader(send, lists, async (request) => await request());
		this.pending = new PendingRuns(this.once, lists);
	}

	/** Finds the run of an earlier create; null if there is none. Throws RunflowError. */
	async findRun(wanted: WantedRun, signal?: AbortSignal): Promise<Run | null> {
		return await this.attempts(async () => await findRun(this.send, this.lists, wanted), signal);
	}

	/** Creates a run and pays for it, following the rules of `createRun`. */
	async createRun(
		model: string,
		request: RunRequest,
		options: CreateOptions,
	): Promise<CreateOutcome> {
		const { lists, pause, send } = this;
		return await createRun({ send, pause, lists }, model, request, options);
	}

	/**
	 * Waits until a run has ended and returns it. All runs that this client waits for are read together.
	 * Throws as `waitForRun` in waiting.ts does.
	 */
	async waitForRun(run: Run, options: WaitOptions): Promise<Run> {
		const { isWhole = false, kind = null, pollSeconds, ...rest } = options;
		const { pause, pending } = this;
		const pace = { pollSeconds, expectedMs: kind === null ? null : durations.expected(kind) };
		const began = beganAt(options.startedAt ?? Date.now());
		const ended = await pending.during(
			run,
			async () =>
				await waitForRun({
					...rest,
					run,
					pause,
					pace,
					read: async (id, { gapMs, isLast }) => {
						if (isLast) return await this.getRun(id, options.signal);
						const freshMs = Math.min(gapMs * freshPerGap, longestFreshMs);
						return await pending.read(id, { freshMs, isWhole });
					},
				}),
		);
		if (kind !== null && ended !== run && hasSucceeded(ended.status)) {
			durations.note(kind, durationOf(ended, performance.now() - began));
		}
		return ended;
	}

	/**
	 * Returns a succeeded run with its images, which may appear a few reads after its status; a run in sync
	 * mode has none. Returns any other run unchanged. Throws RunflowError.
	 */
	async withOutput(run: Run, signal?: AbortSignal): Promise<Run> {
		let latest = run;
		for (const delayMs of outputDelaysMs) {
			const lacksOutput = hasSucceeded(latest.status) && latest.images.length === 0;
			if (!lacksOutput || latest.input?.sync_mode === true) return latest;
			await this.pause(delayMs, signal);
			latest = await this.getRun(run.id, signal);
		}
		return latest;
	}

	/**
	 * Uploads a file and returns the URL under which a run can read it. Uploads cost nothing, so the whole
	 * upload is repeated if it fails. Throws RunflowError.
	 */
	async uploadAsset(
		announcement: AssetAnnouncement,
		sendBytes: (uploadUrl: string) => Promise<void>,
		signal?: AbortSignal,
	): Promise<string> {
		const upload = async () => await uploadAsset(this.send, announcement, sendBytes);
		return await this.attempts(upload, signal);
	}

	/**
	 * Asks for the callback of an ended run to be delivered once more, and returns that delivery: `POST
	 * …/callback-redeliveries` (REDEL). Never repeated, because each delivery calls the receiver.
	 */
	async redeliverCallback(runId: string): Promise<Delivery> {
		const path = `/v1/runs/${encodeURIComponent(runId)}/callback-redeliveries`;
		return await requestJson(this.send, { method: 'POST', path }, deliverySchema, runId);
	}

	/** The deliveries of a run's callback: `GET …/callback` (HIST). */
	async getCallbackDeliveries(runId: string, signal?: AbortSignal): Promise<Delivery[]> {
		const path = `/v1/runs/${encodeURIComponent(runId)}/callback`;
		const schema = z.array(deliverySchema);
		return await this.attempts(
			async () => await requestJson(this.send, { method: 'GET', path }, schema, runId),
			signal,
		);
	}
}
