import { StoppedError } from './errors';

/** Runs at most `limit` tasks at the same time; the others wait in order of arrival. */
export class Slots {
	private readonly queue: Array<() => void> = [];

	private running = 0;

	constructor(private limit: number) {}

	/** Runs a task once a slot is free, and returns its result. Throws what it throws. */
	async use<T>(task: () => Promise<T>): Promise<T> {
		await new Promise<void>((resolve) => {
			this.queue.push(resolve);
			this.fill();
		});
		try {
			return await task();
		} finally {
			this.running -= 1;
			this.fill();
		}
	}

	/** Changes the limit from now on; a task that is already running continues. */
	setLimit(limit: number): void {
		this.limit = limit;
		this.fill();
	}

	private fill(): void {
		while (this.running < this.limit && this.queue.length > 0) {
			this.running += 1;
			this.queue.shift()?.();
		}
	}
}

/**
 * Does the same for each input, at most `limit` at a time, and returns the results in order. If one fails,
 * or `outer` fires, no more are started, and the signal passed to the running ones fires. Throws the first
 * error once all have ended.
 */
export async function doEach<Input, Result>(
	inputs: Iterable<Input>,
	limit: number,
	work: (input: Input, signal: AbortSignal) => Promise<Result>,
	outer?: AbortSignal,
): Promise<Result[]> {
	const slots = new Slots(limit);
	const stop = new AbortController();
	const signal = outer === undefined ? stop.signal : AbortSignal.any([stop.signal, outer]);
	const errors: unknown[] = [];
	const results = [...inputs].map(
		async (input) =>
			await slots
				.use(async () => {
					if (signal.aborted) throw new StoppedError();
					return await work(input, signal);
				})
				.catch((error: unknown) => {
					errors.push(error);
					stop.abort();
					throw error;
				}),
	);
	await Promise.allSettled(results);
	if (errors.length > 0) throw errors[0];
	return await Promise.all(results);
}
