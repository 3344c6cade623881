/** Lets at most `limit` tasks run at the same time; the others wait in the order in which they came. */
export class Slots {
	private readonly queue: Array<() => void> = [];

	private running = 0;

	constructor(private limit: number) {}

	/** Does a task once there is a slot for it, and returns what it returns. Throws what it throws. */
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

	/** Changes the limit from now on; a task that runs already goes on. */
	setLimit(limit: number): void {
		this.limit = limit;
		this.fill();
	}

	private fill(): void {
		for (; this.running < this.limit && this.queue.length > 0; this.running++)
			this.queue.shift()?.();
	}
}
