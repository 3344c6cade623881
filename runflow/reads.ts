import type { RunflowError } from './errors';
import { matches, type RunFilter } from './filter';
import { pagesOf, type ListDetail, type PageRequest, type RunLists, type RunPage } from './lists';
import { readMany, type ManyRuns } from './manyRuns';
import { requestJson, usualTimeoutMs, type Send } from './request';
import { runSchema, type Run } from './run';

/** Reads a run once: `GET /v1/runs/{id}` (RUN-G). Throws a RunflowError that names the run. */
export async function readRun(send: Send, id: string): Promise<Run> {
	const path = `/v1/runs/${encodeURIComponent(id)}`;
	return await requestJson(send, { method: 'GET', path, timeoutMs: usualTimeoutMs }, runSchema, id);
}

/** Does a request, once or until it succeeds; the signal ends the pauses in between. */
export type Attempts = <T>(request: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

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

	/** Reads several runs, as `readMany` in manyRuns.ts does. */
	async readRuns(
		runs: ManyRuns,
		detail: ListDetail,
		signal?: AbortSignal,
	): Promise<Map<string, Run | RunflowError>> {
		const read = async (id: string) => await this.getRun(id, signal);
		const readPage = async (filter: RunFilter, page: PageRequest) =>
			await this.listRuns(filter, page, signal);
		return await readMany({ read, readPage }, runs, detail);
	}
}
