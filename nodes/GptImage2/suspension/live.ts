import type { CalledSuspension, SuspendedRuns } from './reading';

/** How long concurrent calls are kept from resuming the execution twice. */
const overForMs = 60_000;

const mostSuspensions = 5_000;

/** A suspension, as far as this process knows about it. */
export class LiveSuspension implements CalledSuspension {
	/** Whether this process reads its runs, so that nobody else needs to. */
	isWatched = false;

	/** Whether its runs will be read shortly because one of them called back. */
	isReadingSoon = false;

	reading: CalledSuspension['reading'] = null;

	isToReadAgain = false;

	/**
	 * The runs that have not called back. This only saves reads that would find nothing; results come from
	 * the API.
	 */
	private readonly silent: Set<string>;

	private isResuming = false;

	private readonly ending = new AbortController();

	/**
	 * When it may be forgotten, in milliseconds by the clock of `performance.now()`; unknown until it is
	 * over.
	 */
	private forgottenFrom = Infinity;

	constructor(
		readonly id: string,
		readonly runIds: ReadonlySet<string>,
	) {
		this.silent = new Set(runIds);
	}

	/** Records that a run has called back. */
	noteCall(runId: string): void {
		this.silent.delete(runId);
	}

	/** Whether one of its runs has called back. */
	hasCalled(runId: string): boolean {
		return !this.silent.has(runId);
	}

	/** Whether all runs have called back. */
	get isComplete(): boolean {
		return this.silent.size === 0;
	}

	/** Whether this process is resuming it, or it was resumed or given up within the last minute. */
	get isResumed(): boolean {
		return this.isResuming || (this.forgottenFrom !== Infinity && !this.isForgotten);
	}

	/** Whether nobody needs it any longer. */
	get isForgotten(): boolean {
		return performance.now() >= this.forgottenFrom;
	}

	/**
	 * Makes the items with which the execution is resumed. Until they are made, and for a moment after, it
	 * counts as resumed. If n8n then fails to resume, a later call can still do so. Returns and throws as
	 * `makeItems` does.
	 */
	async resume<T>(makeItems: () => Promise<T>): Promise<T> {
		this.isResuming = true;
		return await makeItems().finally(() => {
			this.isResuming = false;
			this.end();
		});
	}

	/** Fires the first time it is over. */
	get over(): AbortSignal {
		return this.ending.signal;
	}

	/** Resolves as soon as this process is not resuming it. */
	async untilResumed(): Promise<void> {
		if (!this.isResuming || this.over.aborted) return;
		await new Promise((resolve) => this.over.addEventListener('abort', resolve, { once: true }));
	}

	/** Records that it is over. */
	end(): void {
		this.ending.abort();
		this.forgottenFrom = performance.now() + overForMs;
	}
}

/**
 * The suspensions that this process knows. Each is forgotten a minute after it is over, and the oldest are
 * forgotten if there are too many.
 */
export class LiveSuspensions {
	private readonly byId = new Map<string, LiveSuspension>();

	private readonly byRun = new Map<string, LiveSuspension[]>();

	/** Returns what this process knows about a suspension, and keeps track of it from now on. */
	of({ id, runs }: SuspendedRuns): LiveSuspension {
		const known = this.byId.get(id);
		if (known?.isForgotten === false) return known;
		if (known !== undefined) this.forget(known);
		for (const oldest of this.byId.values()) {
			if (!oldest.isForgotten && this.byId.size < mostSuspensions) break;
			this.forget(oldest);
		}
		const live = new LiveSuspension(id, new Set(runs.map(({ runId }) => runId)));
		this.byId.set(id, live);
		for (const runId of live.runIds) {
			this.byRun.set(runId, [...(this.byRun.get(runId) ?? []), live]);
		}
		return live;
	}

	/**
	 * Records that a run has called back, and returns its suspension; null if none waits for it, or several
	 * do.
	 */
	calledBy(runId: string): LiveSuspension | null {
		const waiting = this.byRun.get(runId) ?? [];
		for (const live of waiting) live.noteCall(runId);
		return (waiting.length === 1 && waiting[0]) || null;
	}

	/** Whether this process reads the runs of a suspension itself. */
	isWatched(id: string): boolean {
		return this.byId.get(id)?.isWatched ?? false;
	}

	private forget({ id, runIds }: LiveSuspension): void {
		this.byId.delete(id);
		for (const runId of runIds) {
			const others = (this.byRun.get(runId) ?? []).filter((live) => live.id !== id);
			if (others.length > 0) this.byRun.set(runId, others);
			else this.byRun.delete(runId);
		}
	}
}

/** The suspensions of this process. */
export const liveSuspensions = new LiveSuspensions();
