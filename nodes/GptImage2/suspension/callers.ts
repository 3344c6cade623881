/** The runs of a suspension that have called back, and those that have not. */
interface Gathering {
	suspensionId: string;
	called: Set<string>;
	missing: Set<string>;
}

/** What is known when a run calls back. */
export interface Caller {
	suspensionId: string;
	/** The runs of its suspension that have called so far. */
	called: string[];
	/** Whether no other run of its suspension is left to call. */
	isLast: boolean;
}

const mostSuspensions = 5_000;

/**
 * Which runs of a suspension have called back, as far as this process knows. What a callback claims may
 * only save a read that would find nothing: results always come from the API.
 */
export class Callers {
	private readonly bySuspension = new Map<string, Gathering>();

	private readonly byRun = new Map<string, Gathering>();

	/** Expects the callbacks of a suspension from now on; of one that it expects already it forgets nothing. */
	expect(suspensionId: string, runIds: readonly string[]): void {
		if (this.bySuspension.has(suspensionId)) return;
		const [oldest] = this.bySuspension.keys();
		if (this.bySuspension.size >= mostSuspensions && oldest !== undefined) this.forget(oldest);
		const gathering = { suspensionId, called: new Set<string>(), missing: new Set(runIds) };
		this.bySuspension.set(suspensionId, gathering);
		for (const runId of runIds) this.byRun.set(runId, gathering);
	}

	/** Notes that a run has called; null where nobody expects it. */
	note(runId: string): Caller | null {
		const gathering = this.byRun.get(runId);
		if (gathering === undefined) return null;
		const { called, missing, suspensionId } = gathering;
		missing.delete(runId);
		called.add(runId);
		return { suspensionId, called: [...called], isLast: missing.size === 0 };
	}

	/** Forgets a suspension that is over. */
	forget(suspensionId: string): void {
		const gathering = this.bySuspension.get(suspensionId);
		if (gathering === undefined) return;
		this.bySuspension.delete(suspensionId);
		for (const runId of [...gathering.called, ...gathering.missing]) {
			if (this.byRun.get(runId) === gathering) this.byRun.delete(runId);
		}
	}
}

/** The callers of this process. */
export const callers = new Callers();
