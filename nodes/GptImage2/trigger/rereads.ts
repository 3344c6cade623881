import { isNotFound } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';
import { RecentKeys } from '../recentKeys';

/** How long an id that wasn't found isn't read again; Runflow repeats a callback after a second (SEED). */
const restMs = 900;

const minuteMs = 60_000;
const mostMissingPerMinute = 100;

/**
 * The reads that unsigned callbacks cause. Anybody may send such a callback, so there is only one read at a
 * time for each run, and reads that find no run are limited.
 */
export class Rereads {
	private readonly underway = new Map<string, Promise<Run>>();

	private readonly resting = new RecentKeys(restMs);

	private readonly missing = new RecentKeys(minuteMs);

	/**
	 * Reads a run, or joins a read with the same `key` that is in progress. Returns null for a run that isn't
	 * read now. Throws as `read` does.
	 */
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
