import type { IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { clockSkewMs } from '../../../runflow/findRun';
import type { Run } from '../../../runflow/run';
import { isSameInput } from '../../../runflow/sameInput';
import { mayDeliver } from '../../../runflow/status';
import { isSameBeginning } from './beginning';
import type { Claims } from './claims';
import { hasSameHash, readClientRef } from './clientRef';
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
		const { runs } = await this.recent.list(signal);
		const mayBeOwn = runs.filter(
			(run) => isCreatedAfter(run, since) !== false && mayDeliver(run.status),
		);
		const asked = { itemIndex, hash, ...plan };
		for (const listed of inOrderOfLikeness(mayBeOwn, asked, this.ledger)) {
			if (this.claims.isOfAnother(itemIndex, listed)) continue;
			this.claims.claim(itemIndex, listed.id);
			const run = await this.client.getRun(listed.id, signal);
			if (mayDeliver(run.status) && isSameInput(plan.input, run.input ?? listed.input)) return run;
		}
		return null;
	}

	/** The runs that were listed, newest first; none where nothing had to be looked for, or it failed. */
	async known(): Promise<Run[]> {
		const { since } = this;
		if (since === null) return [];
		return (await this.recent.known()).filter((run) => isCreatedAfter(run, since) !== false);
	}
}

/** The node that looks for the run of a crashed execution, in its own execution. */
type Place = Pick<Ledger, 'beginning' | 'executionId' | 'nodeScope' | 'runIndex'>;

/**
 * The runs that an item of a crashed execution may have started, the likeliest first. The item may have
 * another index now, and the node another run index: n8n counts a run of the node that it lost.
 */
export function inOrderOfLikeness(
	runs: Run[],
	asked: AskedFor & { itemIndex: number; hash: string },
	place: Place,
): Run[] {
	const { clientRef, hash, input, itemIndex } = asked;
	return runs
		.flatMap((run) => {
			if (run.client_ref === null) return [];
			if (run.input !== null && !isSameInput(input, run.input)) return [];
			if (clientRef !== null) {
				return isSameReference(run.client_ref, clientRef, place) ? [{ run, likeness: 0 }] : [];
			}
			const origin = readClientRef(run.client_ref);
			if (origin?.nodeScope !== place.nodeScope || !hasSameHash(origin, hash)) return [];
			const isItem = origin.itemIndex === itemIndex;
			const isRound = origin.runIndex === place.runIndex;
			const isOfRetried = isSameBeginning(origin.beginning, place.beginning);
			// Where n8n doesn't say, only the run of the same place counts.
			if (!(isOfRetried ?? (isItem && isRound))) return [];
			return [{ run, likeness: Number(isItem) + Number(isRound) }];
		})
		.sort((one, other) => other.likeness - one.likeness)
		.map(({ run }) => run);
}

/** Whether a reference is the user's own, be it with the id of the crashed execution in it. */
function isSameReference(reference: string, own: string, { executionId }: Place): boolean {
	if (reference === own) return true;
	const parts = own.split(executionId);
	if (parts.length === 1) return false;
	const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	return new RegExp(`^${escaped.join('\\d+')}$`).test(reference);
}
