import { returnRunflowError } from './errors';
import { clockSkewMs } from './findRun';
import type { ListDetail, RunLists } from './lists';
import { listThem, shows } from './manyRuns';
import type { RunReader } from './reads';
import { isPassing } from './retry';
import type { Run } from './run';
import { isKnownStatus, isTerminal } from './status';

/** How many lists in a row may leave out a run before it is read individually. */
const unshownTolerated = 2;

/** How many lists in a row may fail before every run is read individually, and for how long. */
const failuresTolerated = 3;
const withoutListMs = 60_000;

/**
 * A list may lag, so each run is also read individually, with at least this gap in milliseconds, plus this
 * much for each pending run: the more there are, the less a late one delays the whole.
 */
const ownReadsApartMs = 5_000;
const ownReadsApartPerRunMs = 500;

/** A run that is being waited for. */
interface PendingRun {
	lastSeen: Run;
	/**
	 * The earliest moment at which it may have been created, in milliseconds since 1970 by the API's clock.
	 */
	createdAt: number;
	/**
	 * When the wait for it began, in milliseconds by the clock of `performance.now()`, like all moments
	 * below.
	 */
	since: number;
	/** How many lists in a row left it out. */
	unshown: number;
	/** When it was last read individually; initially when the wait for it began. */
	readAt: number;
}

/** What a list shows, by id, and when it was requested. */
interface Overview {
	askedAt: number;
	runs: Promise<Map<string, Run>>;
}

/** How a run is read. */
export interface Look {
	/** How old the answer may be, in milliseconds. */
	freshMs: number;
	/** Whether the ended run should include everything that the API reports about it. */
	isWhole: boolean;
}

/**
 * The runs that are being waited for together. If there are several, one list serves all who ask within a
 * moment. Runs that it leaves out for some time are read individually, and so are all runs if the list is
 * refused.
 */
export class PendingRuns {
	private readonly pending = new Map<string, PendingRun>();

	private overview: Overview | null = null;

	private failures = 0;

	private listsAgainAt = 0;

	constructor(
		private readonly reader: Pick<RunReader, 'getRun'>,
		private readonly lists: Pick<RunLists, 'read'>,
	) {}

	/** Includes a run for as long as `wait` takes. Returns and throws what `wait` does. */
	async during<T>(run: Run, wait: () => Promise<T>): Promise<T> {
		const since = performance.now();
		const createdAt = run.createdAt ?? Date.now() - clockSkewMs;
		this.pending.set(run.id, { lastSeen: run, createdAt, since, unshown: 0, readAt: since });
		return await wait().finally(() => this.pending.delete(run.id));
	}

	/**
	 * Returns one of the runs as it is now; while it is pending, only its id and status are certain. Throws
	 * RunflowError.
	 */
	async read(id: string, { freshMs, isWhole }: Look): Promise<Run> {
		const run = this.pending.get(id);
		const overview = run && this.overviewFor(run, freshMs);
		if (!overview) return await this.reader.getRun(id);
		const listed = (await overview.runs).get(id);
		if (listed === undefined) {
			run.unshown += 1;
			return run.unshown <= unshownTolerated ? run.lastSeen : await this.reader.getRun(id);
		}
		run.unshown = 0;
		run.lastSeen = listed;
		const apartMs = Math.max(ownReadsApartMs, this.pending.size * ownReadsApartPerRunMs);
		const isDue = !isKnownStatus(listed.status) || performance.now() - run.readAt >= apartMs;
		if (!isTerminal(listed.status) && !isDue) return listed;
		run.readAt = performance.now();
		const isEnough =
			isTerminal(listed.status) &&
			!isWhole &&
			listed.raw.output !== undefined &&
			shows(listed, 'usual');
		return isEnough ? listed : await this.reader.getRun(id);
	}

	/** A list that is fresh enough for a run, or a new one; null if the run is better read individually. */
	private overviewFor({ since }: PendingRun, freshMs: number): Overview | null {
		const { overview } = this;
		const isFresh = overview && overview.askedAt >= Math.max(since, performance.now() - freshMs);
		if (isFresh) return overview;
		if (this.pending.size < 2 || performance.now() < this.listsAgainAt) return null;
		this.overview = { askedAt: performance.now(), runs: this.list() };
		return this.overview;
	}

	/**
	 * Lists the runs, and lists the ended ones again with everything needed from them. Throws RunflowError if
	 * another try may help.
	 */
	private async list(): Promise<Map<string, Run>> {
		try {
			const runs = await this.listThose([...this.pending.keys()], 'status');
			this.failures = 0;
			const ended = [...runs.values()].filter(({ status }) => isTerminal(status));
			if (ended.length < 2) return runs;
			const endedIds = ended.map(({ id }) => id);
			const whole = await this.listThose(endedIds, 'usual').catch(() => []);
			return new Map([...runs, ...whole]);
		} catch (thrown) {
			const error = returnRunflowError(thrown);
			this.overview = null;
			if (!isPassing(error)) {
				this.listsAgainAt = Infinity;
				return new Map();
			}
			this.failures += 1;
			if (this.failures % failuresTolerated === 0) {
				this.listsAgainAt = performance.now() + withoutListMs;
			}
			throw error;
		}
	}

	private async listThose(ids: string[], detail: ListDetail): Promise<Map<string, Run>> {
		const created = ids.map((id) => this.pending.get(id)?.createdAt ?? 0);
		const runs = { ids: new Set(ids), createdAt: Math.min(...created) };
		return await listThem(
			async (filter, page) => await this.lists.read(filter, page),
			runs,
			detail,
		);
	}
}
