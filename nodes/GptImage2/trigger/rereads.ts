import { isNotFound } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';
import { RecentKeys } from '../recentKeys';

/** An id that wasn't found is not read again so soon; Runflow repeats a callback after a second (SEED). */
const restMs = 900;

const minuteMs = 60_000;
const mostMissingPerMinute = 100;

/**
 * The readings that unsigned callbacks ask for: anybody may send one, so there is one at a time for each run,
 * and those that no run answers to are limited.
 */
export class Rereads {
	private readonly underway = new Map<string, Promise<Run>>();

	private readonly resting = new RecentKeys(restMs);

	private readonly missing = new RecentKeys(minuteMs);

	/** Reads a run, or joins the reading of the same `key`. Null for one that is not read now. Throws as `read`. */
	async once(key: string, read: () => Promise<Run>): Promise<Run | null> {
		const joined = this.underway.get(key);
		if (joined !== undefined) return await joined;
		if (this.resting.has(key) || this.missing.size >= mostMissingPerMinute) return null;
		const reading = read().finally(() => this.underway.delete(key));
		this.underway.set(key, reading);
		return await reading.catch((error: unknown) => {
			if (isNotFound(error)) {
				this.resting.add(key);
				this.missing.add(key);
			}
			throw error;
		});
	}
}
