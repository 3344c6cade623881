/** Remembers keys for a while, in this process only. */
export class RecentKeys {
	private readonly remembered = new Map<string, number>();

	constructor(private readonly lifetimeMs: number) {}

	/** Remembers a key from now on. */
	add(key: string): void {
		this.forgetExpired();
		this.remembered.delete(key);
		this.remembered.set(key, performance.now() + this.lifetimeMs);
	}

	/** How many keys are currently remembered. */
	get size(): number {
		this.forgetExpired();
		return this.remembered.size;
	}

	private forgetExpired(): void {
		const now = performance.now();
		for (const [old, until] of this.remembered) {
			if (until > now) break;
			this.remembered.delete(old);
		}
	}

	/** Whether the key was added within its lifetime. */
	has(key: string): boolean {
		return (this.remembered.get(key) ?? 0) > performance.now();
	}
}
