/** How something that may throw ended, as a value to decide on. */
export type Settled<T> = { ok: true; value: T } | { ok: false; error: unknown };

/** Runs `work` and gives its outcome; never throws. */
export async function settle<T>(work: () => Promise<T>): Promise<Settled<T>> {
	try {
		return { ok: true, value: await work() };
	} catch (error) {
		return { ok: false, error };
	}
}
