/** How many runs are tried at once before anything is known. */
const firstLimit = 10;

const highestLimit = 100;

/** For this long a number of pending runs that was too many isn't tried again. */
const ceilingLifetimeMs = 30_000;

/**
 * How many runs may be pending at once, found by trying: doubled as soon as as many were accepted, halved
 * when one is refused with 429, and then kept below what was too many.
 */
export class AutomaticLimit {
	private now = firstLimit;

	/** Counts the changes, so that creates refused together halve the limit once. */
	private round = 0;

	/** How many creates are still to be accepted before the limit is doubled. */
	private leftInRound = firstLimit;

	private ceiling = { runs: highestLimit, until: 0 };

	/** The limit at this moment. */
	get limit(): number {
		return this.now;
	}

	/** The round in which a create begins; to be told when it is refused. */
	get currentRound(): number {
		return this.round;
	}

	/** Notes that a create was accepted, at `moment`, in milliseconds by a clock of the caller. */
	accept(moment: number): void {
		this.leftInRound -= 1;
		if (this.leftInRound > 0) return;
		const highest = moment < this.ceiling.until ? this.ceiling.runs : highestLimit;
		const before = this.now;
		const limit = Math.max(before, Math.min(before * 2, highest));
		this.change(limit, limit > before ? limit - before : limit);
	}

	/** Notes that a create that began in `round` was refused while so many runs of this node were pending. */
	refuse(round: number, pendingRuns: number, moment: number): void {
		if (round !== this.round) return;
		const half = Math.max(1, Math.floor(this.now / 2));
		// Where hardly any run is pending, there are too many requests and not too many runs.
		if (pendingRuns >= half) {
			const runs = Math.max(half, Math.min(pendingRuns, this.now - 1));
			this.ceiling = { runs, until: moment + ceilingLifetimeMs };
		}
		this.change(half, half);
	}

	private change(limit: number, leftInRound: number): void {
		this.now = limit;
		this.round += 1;
		this.leftInRound = leftInRound;
	}
}
