import { isNotFound, returnRunflowError, RunflowError } from './errors';
import { matches, type RunFilter } from './filter';
import { pagesOf, type ListDetail, type PageRequest, type RunLists, type RunPage } from './lists';
import { listThem, shows, type ManyRuns } from './manyRuns';
import { requestJson, type Send } from './request';
import { isPassing } from './retry';
import { runSchema, type Run } from './run';
import { doEach } from './slots';
import { isTerminal } from './status';
import { mayBeUnknownYet } from './waiting';

const readsAtOnce = 10;

/** Reads a run once: `GET /v1/runs/{id}` (RUN-G). Throws a RunflowError that names the run. */
export async function readRun(send: Send, id: string): Promise<Run> {
	const path = `/v1/runs/${encodeURIComponent(id)}`;
	return await requestJson(send, { method: 'GET', path }, runSchema, id);
}

/** Performs a request, once or until it succeeds; the signal ends the pauses in between. */
type Attempts = <T>(request: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** The reads of runs, each performed by `attempts`. */
export class RunReader {
	constructor(
		protected readonly send: Send,
		protected readonly lists: RunLists,
		protected readonly attempts: Attempts,
	) {}

	/** Reads a run. Throws a RunflowError that names the run. */
	async getRun(id: string, signal?: AbortSignal): Promise<Run> {
		return await this.attempts(async () => await readRun(this.send, id), signal);
	}

	/**
	 * Returns a run as it is now. If it isn't found but is less than a minute old, returns it as `known`,
	 * because a read may lag. Throws a RunflowError that names the run.
	 */
	async getKnownRun(known: Run, signal?: AbortSignal): Promise<Run> {
		const isNew = known.createdAt !== null && mayBeUnknownYet(known.createdAt);
		return await this.getRun(known.id, signal).catch((error: unknown) => {
			if (isNew && isNotFound(error)) return known;
			throw error;
		});
	}

	/** Reads one page of the runs that match, newest first, at most 500 runs. Throws RunflowError. */
	async listRuns(filter: RunFilter, page: PageRequest, signal?: AbortSignal): Promise<RunPage> {
		return await this.attempts(async () => {
			const { runs, cursor } = await this.lists.read(filter, page);
			return { runs: runs.filter((run) => matches(run, filter)), cursor };
		}, signal);
	}

	/** Yields the pages of such a list, at most `mostPages`, as `pagesOf` does. Throws RunflowError. */
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

	/**
	 * Reads several runs with one list, and reads individually those that the list doesn't show well enough
	 * for `detail`: for 'usual', an ended run must include its images or the reason for its failure. A list
	 * may lag, so the runs that it shows as pending are read individually until one of them really is.
	 * Returns each run by its id, or why it can't be read. Never throws because of a run.
	 */
	async readRuns(
		many: ManyRuns,
		detail: ListDetail,
		signal?: AbortSignal,
	): Promise<Map<string, Run | RunflowError>> {
		const runs = new Map<string, Run | RunflowError>();
		if (many.ids.size > 1 && detail !== 'all') {
			const readPage = async (filter: RunFilter, page: PageRequest) =>
				await this.listRuns(filter, page, signal);
			const listed = await listThem(readPage, many, detail).catch(returnRunflowError);
			if (!(listed instanceof RunflowError)) {
				for (const [id, run] of listed) if (shows(run, detail)) runs.set(id, run);
			}
		}
		const readEach = async (ids: string[]) =>
			await doEach(ids, readsAtOnce, async (id) => {
				runs.set(id, await this.getRun(id, signal).catch(returnRunflowError));
			});
		const isPending = (id: string) => !hasEnded(runs.get(id));
		const doubtful = [...runs.keys()].filter(isPending);
		const alone = [...many.ids].filter((id) => !runs.has(id));
		await readEach(alone);
		let isBelieved = alone.some(isPending);
		for (let atOnce = 1; !isBelieved && doubtful.length > 0; atOnce *= 2) {
			const next = doubtful.splice(0, atOnce);
			await readEach(next);
			isBelieved = next.some(isPending);
		}
		return runs;
	}
}

/** Whether a run has ended, or can't be read for a permanent reason. */
function hasEnded(run: Run | RunflowError | undefined): boolean {
	return run instanceof RunflowError
		? !isPassing(run)
		: run !== undefined && isTerminal(run.status);
}
