/** How many runs to try at once before anything is known. */
const firstLimit = 10;

/** Only a safeguard against running out of sockets; the API decides how many runs may be pending. */
const highestLimit = 1000;

/** How long a refused number isn't tried again. */
const lessonLifetimeMs = 30_000;

/** After that, the gap between creates shrinks by this fraction every second. */
const growthPerSecond = 0.1;

/** The period over which creates are counted, to learn how many the API accepts. */
const countedMs = 1000;

/** Creates stay slightly below a learned rate, so that none is refused for being a moment early. */
const caution = 0.97;

/** A value learned from refusals, and until when it applies. */
interface Lesson {
	value: number;
	until: number;
}

const nothing: Lesson = { value: 0, until: 0 };

/**
 * How many runs may be pending at once, and how fast they may be created, found by trial. The number
 * doubles once that many creates have been accepted. A create refused with 429 means too many creates in
 * the last second, or too many runs. If all pending runs were created just now, it is taken to mean the
 * former, and the next create, sent after a second, tells whether that was right. All moments are in
 * milliseconds by the caller's clock.
 */
export class AutomaticLimit {
	private now = firstLimit;

	/** Counts the changes, so that creates refused together count only once. */
	private round = 0;

	/** How many creates are still to be accepted before the limit is doubled. */
	private leftInRound = firstLimit;

	/** This many runs were too many. */
	private mostRuns = nothing;

	/** This gap between two creates, in milliseconds, was long enough. */
	private gap = nothing;

	private acceptedAt: number[] = [];

	/** The current limit. */
	get limit(): number {
		return this.now;
	}

	/** The round in which a create begins, to be passed to `refuse`. */
	get currentRound(): number {
		return this.round;
	}

	/** Returns how long after a create the next one may begin, in milliseconds. */
	gapMs(moment: number): number {
		const { until, value } = this.gap;
		const gapMs = value * (1 - growthPerSecond) ** Math.max(0, (moment - until) / 1000);
		return gapMs < 1 ? 0 : gapMs;
	}

	/** Records that a create was accepted. */
	accept(moment: number): void {
		this.acceptedAt.push(moment);
		if (this.acceptedAt.length > 2 * highestLimit) this.forgetBefore(moment - countedMs);
		this.leftInRound -= 1;
		if (this.leftInRound > 0) return;
		const highest = moment < this.mostRuns.until ? this.mostRuns.value : highestLimit;
		const before = this.now;
		const limit = Math.max(before, Math.min(before * 2, highest));
		this.change(limit, limit > before ? limit - before : limit);
	}

	/**
	 * Records that a create begun in `round` was refused while this many runs of this node were pending.
	 * Returns whether that changed anything; it doesn't if the limit has changed since then.
	 */
	refuse(round: number, pendingRuns: number, moment: number): boolean {
		if (round !== this.round) return false;
		this.forgetBefore(moment - countedMs);
		const accepted = this.acceptedAt.length;
		const until = moment + lessonLifetimeMs;
		if (accepted > 0 && accepted >= pendingRuns) {
			const learntMs = countedMs / (accepted * caution);
			const knownMs = this.gapMs(moment);
			this.gap = { value: knownMs > 0 ? Math.min(learntMs, 2 * knownMs) : learntMs, until };
			this.round += 1;
			return true;
		}
		const half = Math.max(1, Math.floor(this.now / 2));
		// If few runs are pending, others are using up what the API allows.
		if (pendingRuns >= half) {
			this.mostRuns = { value: Math.max(half, Math.min(pendingRuns, this.now - 1)), until };
			this.gap = nothing;
		}
		this.change(half, half);
		return true;
	}

	private forgetBefore(moment: number): void {
		this.acceptedAt = this.acceptedAt.filter((at) => at > moment);
	}

	private change(limit: number, leftInRound: number): void {
		this.now = limit;
		this.round += 1;
		this.leftInRound = leftInRound;
	}
}
