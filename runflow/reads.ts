import { isNotFound, returnRunflowError, RunflowError } from './errors';
import { matches, type RunFilter } from './filter';
import { pagesOf, type ListDetail, type PageRequest, type RunLists, type RunPage } from './lists';
import { listThem, shows, type ManyRuns } from './manyRuns';
import { requestJson, type Send } from './request';
import { runSchema, type Run } from './run';
import { Slots } from './slots';
import { mayBeUnknownYet } from './waiting';

const readsAtOnce = 10;

/** Reads a run once: `GET /v1/runs/{id}` (RUN-G). Throws a RunflowError that names the run. */
export async function readRun(send: Send, id: string): Promise<Run> {
	const path = `/v1/runs/${encodeURIComponent(id)}`;
	return await requestJson(send, { method: 'GET', path }, runSchema, id);
}

/** Does a request, once or until it succeeds; the signal ends the pauses in between. */
type Attempts = <T>(request: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** The reads of runs, each done as `attempts` does it. */
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
	 * A run that was created at `createdAt`, in milliseconds since 1970, null where that isn't known: as it is
	 * now, or as it is `known` where it is less than a minute old and isn't found yet, since a read may be
	 * behind. Throws a RunflowError that names the run.
	 */
	async getKnownRun(known: Run, createdAt: number | null, signal?: AbortSignal): Promise<Run> {
		const isNew = createdAt !== null && mayBeUnknownYet(createdAt);
		return await this.getRun(known.id, signal).catch((error: unknown) => {
			if (isNew && isNotFound(error)) return known;
			throw error;
		});
	}

	/** Reads one page of the runs that match, newest first, at most 500. Throws RunflowError. */
	async listRuns(filter: RunFilter, page: PageRequest, signal?: AbortSignal): Promise<RunPage> {
		return await this.attempts(async () => {
			const { runs, cursor } = await this.lists.read(filter, page);
			return { runs: runs.filter((run) => matches(run, filter)), cursor };
		}, signal);
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

	/**
	 * Reads several runs, with one list, and by itself whatever that doesn't show well enough for `detail`:
	 * for 'usual' an ended run has to have its images, or why it failed, in it. Returns each by its id, or
	 * why it can't be read. Never throws for a run.
	 */
	async readRuns(
		many: ManyRuns,
		detail: ListDetail,
		signal?: AbortSignal,
	): Promise<Map<string, Run | RunflowError>> {
		const listed =
			many.ids.size > 1 && detail !== 'all'
				? await listThem(
						async (filter, page) => await this.listRuns(filter, page, signal),
						many,
						detail,
					).catch(returnRunflowError)
				: new Map<string, Run>();
		const slots = new Slots(readsAtOnce);
		const runs = await Promise.all(
			[...many.ids].map(async (id) => {
				const run = listed instanceof RunflowError ? undefined : listed.get(id);
				if (run !== undefined && shows(run, detail)) return [id, run] as const;
				const read = slots.use(async () => await this.getRun(id, signal));
				return [id, await read.catch(returnRunflowError)] as const;
			}),
		);
		return new Map(runs);
	}
}
