import { sleep } from 'n8n-workflow';

import { RunflowApiError, StoppedError } from '../../../runflow/errors';
import { createDelay, maxRetries } from '../../../runflow/retry';
import { Slots } from '../../../runflow/slots';
import { AutomaticLimit } from './automaticLimit';

/** A node that hasn't started a run for this long, and waits for none, gives up on a refused create. */
const patienceMs = 600_000;

/** One create, from its first byte to its answer. */
export interface Create {
	/** To be called when the API has accepted it. */
	accepted: () => void;
	/** To be called with the error when it has failed. */
	failed: (error: unknown) => void;
}

/**
 * Limits how many runs of a node are pending at once. A number is a fixed limit. With 0, the limit is found
 * by trial, and an item whose create is refused with 429 gives up its place and tries again later.
 */
export class RunSlots {
	private readonly slots: Slots;

	private readonly automatic: AutomaticLimit | null;

	private readonly refusals = new WeakSet<Error>();

	private pendingRuns = 0;

	private blockedUntil = 0;

	/** Whether the limit has already been changed because of a refusal since then. */
	private hasLearnt = false;

	private nextCreateAt = 0;

	private readonly turns = new Slots(1);

	private refusalsInARow = 0;

	private lastAcceptedAt = -Infinity;

	constructor(concurrency: number) {
		this.automatic = concurrency === 0 ? new AutomaticLimit() : null;
		this.slots = new Slots(this.automatic?.limit ?? concurrency);
	}

	/** Whether a create refused with 429 should fail at once, because `use` retries it. */
	get repeatsRefused(): boolean {
		return this.automatic !== null;
	}

	/**
	 * Does the work of an item in a slot, and again if its create was refused. Returns and throws as `work`
	 * does.
	 */
	async use<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
		for (let refused = 1; ; refused++) {
			const isOnceMore = () => !signal.aborted && this.mayTryAgain(refused);
			const result = await this.slots
				.use(async () => {
					await this.untilMyTurn(signal);
					return { value: await work() };
				})
				.catch((error: unknown) => {
					if (error instanceof Error && this.refusals.has(error) && isOnceMore()) return null;
					throw error;
				});
			if (result !== null) return result.value;
		}
	}

	/** Counts a run as pending while `wait` is pending. Returns and throws as `wait` does. */
	async whilePending<T>(wait: () => Promise<T>): Promise<T> {
		this.pendingRuns += 1;
		return await wait().finally(() => (this.pendingRuns -= 1));
	}

	/** Begins a create. */
	begin(): Create {
		const { automatic } = this;
		if (automatic === null) return { accepted: () => {}, failed: () => {} };
		const round = automatic.currentRound;
		return {
			accepted: () => {
				this.refusalsInARow = 0;
				this.lastAcceptedAt = performance.now();
				automatic.accept(performance.now());
				this.slots.setLimit(automatic.limit);
			},
			failed: (error) => {
				if (!(error instanceof RunflowApiError) || error.httpStatus !== 429) return;
				this.refusals.add(error);
				this.block(error);
				// Creates already in flight when another was refused tell nothing new.
				if (this.hasLearnt) return;
				this.hasLearnt = automatic.refuse(round, this.pendingRuns, performance.now());
				this.slots.setLimit(automatic.limit);
			},
		};
	}

	/**
	 * Holds back all creates for as long as the API requests, and with each refusal in a row for at least
	 * longer.
	 */
	private block(error: RunflowApiError): void {
		if (performance.now() < this.blockedUntil) return;
		this.hasLearnt = false;
		const delayMs = createDelay(error, this.refusalsInARow, Math.random());
		this.refusalsInARow += 1;
		this.blockedUntil = performance.now() + delayMs;
	}

	/** Lets creates begin one after another, as soon as the API may accept them. */
	private async untilMyTurn(signal: AbortSignal): Promise<void> {
		await this.turns.use(async () => {
			for (;;) {
				const now = performance.now();
				const leftMs = Math.max(this.blockedUntil, this.nextCreateAt) - now;
				if (leftMs <= 0) {
					this.nextCreateAt = now + (this.automatic?.gapMs(now) ?? 0);
					return;
				}
				await sleep(leftMs, signal).catch(() => null);
				if (signal.aborted) throw new StoppedError();
			}
		});
	}

	/**
	 * Whether a place may still become free: one of this node's own runs is pending or was started recently.
	 */
	private mayTryAgain(refused: number): boolean {
		const isPatient = this.pendingRuns > 0 || performance.now() - this.lastAcceptedAt < patienceMs;
		return isPatient || refused <= maxRetries;
	}
}
