import type { IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { clockSkewMs } from '../../../runflow/findRun';
import type { Run } from '../../../runflow/run';
import { isSameInput } from '../../../runflow/sameInput';
import { mayDeliver } from '../../../runflow/status';
import type { Claims } from './claims';
import { isSamePurpose } from './clientRef';
import type { Ledger, LedgerEntry } from './ledger';
import { isCreatedAfter, type RecentRuns } from './recentRuns';

/** How far back to look where n8n doesn't say when the execution began that is retried. */
const unknownAgeMs = 3_600_000;

/** What an item asks for, as far as a run is known by it. */
interface AskedFor {
	input: object;
	clientRef: string | null;
}

/**
 * When the execution began that is being retried, in milliseconds since 1970 and on the safe side of
 * what clocks differ by; null where this is no retry.
 */
export function retriedSince(context: IExecuteFunctions): number | null {
	if (context.getMode() !== 'retry') return null;
	const { establishedAt = Date.now() - unknownAgeMs } = context.getExecutionContext?.() ?? {};
	return establishedAt - clockSkewMs;
}

/**
 * The runs that a crashed execution left behind. When a process dies, n8n has not saved the ledger, and
 * its Retry begins with an empty one. So a retry asks once which runs of this node there are since the
 * execution began that is retried, and continues with those of the same request and item.
 */
export class CrashedRuns {
	/** `since` is when that execution began, null where this is no retry. */
	constructor(
		private readonly client: RunflowClient,
		private readonly recent: RecentRuns,
		private readonly ledger: Ledger,
		private readonly claims: Claims,
		private readonly since: number | null,
	) {}

	/** The run of an item, as it is now; null where there is none, or this is no retry. Throws RunflowError. */
	async find(
		{ itemIndex, plan }: { itemIndex: number; plan: AskedFor },
		{ hash }: LedgerEntry,
		signal: AbortSignal,
	): Promise<Run | null> {
		const { since } = this;
		if (since === null) return null;
		const { nodeScope, runIndex } = this.ledger;
		const { runs } = await this.recent.list(signal);
		const own = runs.find(
			(run) =>
				isCreatedAfter(run, since) !== false &&
				run.client_ref !== null &&
				(run.client_ref === plan.clientRef ||
					isSamePurpose(run.client_ref, nodeScope, { requestHash: hash, runIndex, itemIndex })) &&
				mayDeliver(run.status) &&
				!this.claims.isOfAnother(itemIndex, run.id),
		);
		if (own === undefined) return null;
		this.claims.claim(itemIndex, own.id);
		const run = await this.client.getRun(own.id, signal);
		return mayDeliver(run.status) && isSameInput(plan.input, run.input ?? own.input) ? run : null;
	}

	/** The runs that were listed, newest first; none where nothing had to be looked for, or it failed. */
	async known(): Promise<Run[]> {
		const { since } = this;
		if (since === null) return [];
		return (await this.recent.known()).filter((run) => isCreatedAfter(run, since) !== false);
	}
}
