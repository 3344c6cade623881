import type { RunflowClient } from '../../../runflow/client';
import { RunflowApiError } from '../../../runflow/errors';
import { isPassing } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';

const runsPerPage = 200;
const mostPages = 25;

/** What the API listed. */
export interface RecentListing {
	/** Newest first. */
	runs: Run[];
	/** Whether there are more runs than are looked through. */
	isCutOff: boolean;
	/** The status with which the API refused to list them, or the rest of them; null where it didn't. */
	refusedStatus: number | null;
}

/** The account's runs since a moment, listed once for all items of a node and only when one of them asks. */
export class RecentRuns {
	private listing: Promise<RecentListing> | null = null;

	/** `earliest` is the moment, in milliseconds since 1970. */
	constructor(
		private readonly client: RunflowClient,
		private readonly earliest: number,
	) {}

	/**
	 * The runs since the moment, as far as the API lists them: a refusal ends the list, whatever page it
	 * comes with. Throws RunflowError where a page can't be read for another reason, because a run that
	 * is already paid for may be on it.
	 */
	async list(signal: AbortSignal): Promise<RecentListing> {
		return await (this.listing ??= this.read(signal));
	}

	/** The runs that were listed; none where nobody asked, or it failed. */
	async known(): Promise<Run[]> {
		return (await this.listing?.catch(() => null))?.runs ?? [];
	}

	private async read(signal: AbortSignal): Promise<RecentListing> {
		const createdAfter = new Date(this.earliest).toISOString();
		const filter = { status: null, clientRef: null, createdAfter, query: null };
		const pages = this.client.runPages(filter, { limit: runsPerPage, mostPages }, signal);
		const runs = new Map<string, Run>();
		let isCutOff = false;
		const readAll = async () => {
			for await (const page of pages) {
				for (const run of page.runs) runs.set(run.id, run);
				isCutOff = page.cursor !== null;
			}
			return null;
		};
		const refusedStatus = await readAll().catch(returnStatusIfRefused);
		return {
			runs: [...runs.values()],
			isCutOff: isCutOff && refusedStatus === null,
			refusedStatus,
		};
	}
}

function returnStatusIfRefused(error: unknown): number {
	if (!isPassing(error) && error instanceof RunflowApiError) return error.httpStatus;
	throw error;
}

/** Whether a run was created after a moment in milliseconds since 1970; null where the API doesn't say. */
export function isCreatedAfter({ created_at }: Run, moment: number): boolean | null {
	const createdAt = Date.parse(created_at ?? '');
	return Number.isNaN(createdAt) ? null : createdAt > moment;
}
