/** How many runs are tried at once before anything is known. */
const firstLimit = 10;

/** Only against exhausted sockets; how many runs may be pending is for the API to say. */
const highestLimit = 1000;

/** For this long what was too much isn't tried again. */
const lessonLifetimeMs = 30_000;

/** After that, creates follow one another faster by this part in each second. */
const growthPerSecond = 0.1;

/** Over which time creates are counted, to learn how many the API accepts. */
const countedMs = 1000;

/** A learnt rate is kept a little below, so that it isn't refused for being a moment early. */
const caution = 0.97;

/** What was too much, and until when that is heeded. */
interface Lesson {
	value: number;
	until: number;
}

const nothing: Lesson = { value: 0, until: 0 };

/**
 * How many runs may be pending at once, and how fast they may be created, found by trying. The number is
 * doubled as soon as as many were accepted. A create that is refused with 429 says that there were too many
 * creates in the last second, or too many runs: where those that are pending were all created just now, it
 * is taken for the first, and the next create, sent when a second has passed, tells. All moments are in
 * milliseconds by a clock of the caller.
 */
export class AutomaticLimit {
	private now = firstLimit;

	/** Counts the changes, so that creates refused together count once. */
	private round = 0;

	/** How many creates are still to be accepted before the limit is doubled. */
	private leftInRound = firstLimit;

	/** So many runs were too many. */
	private mostRuns = nothing;

	/** So many milliseconds between two creates were enough. */
	private gap = nothing;

	private acceptedAt: number[] = [];

	/** The limit at this moment. */
	get limit(): number {
		return this.now;
	}

	/** The round in which a create begins; to be told when it is refused. */
	get currentRound(): number {
		return this.round;
	}

	/** How long after a create the next one may begin, in milliseconds. */
	gapMs(moment: number): number {
		const { until, value } = this.gap;
		const gapMs = value * (1 - growthPerSecond) ** Math.max(0, (moment - until) / 1000);
		return gapMs < 1 ? 0 : gapMs;
	}

	/** Notes that a create was accepted. */
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
	 * Notes that a create that began in `round` was refused while so many runs of this node were pending.
	 * Returns whether that changed anything; it doesn't where the limit was changed since.
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
		// Where hardly any run is pending, others use up what the API allows.
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
