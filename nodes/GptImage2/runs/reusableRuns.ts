import type { IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { RunflowApiError } from '../../../runflow/errors';
import type { Run } from '../../../runflow/run';
import { isSameInput } from '../../../runflow/sameInput';
import { isTerminal } from '../../../runflow/status';
import { isStillThere } from '../files';
import type { ReuseGaps } from '../output/reuseHints';
import type { Claims } from './claims';
import type { Ledger, LedgerEntry } from './ledger';
import { isCreatedAfter, type RecentRuns } from './recentRuns';
import { chooseRun, isReusable, wholeInputOf, type AskedFor } from './sameRequest';

const hourMs = 3_600_000;

/** How often the images of a run are asked for, each time by fresh URLs, before they count as gone. */
const looks = 2;

interface AskingItem {
	itemIndex: number;
	plan: AskedFor;
}

/** When the oldest run that may be reused was created, in milliseconds since 1970; null for 0 hours, which is off. */
export function reusableSince(hours: number): number | null {
	return hours === 0 ? null : Date.now() - hours * hourMs;
}

/**
 * Runs of earlier executions that the same request started, in whatever workflow and node of this n8n. An
 * item takes one up in place of a run of its own, so that nothing is paid.
 */
export class ReusableRuns {
	/** What kept items from reusing a run. */
	readonly gaps: ReuseGaps = {
		goneRunIds: new Set(),
		isCutOff: false,
		refusedStatus: null,
		syncItems: 0,
		unnamedItems: 0,
	};

	/** `since` is when the oldest may have been created, null for none. */
	constructor(
		private readonly context: IExecuteFunctions,
		private readonly client: RunflowClient,
		private readonly recent: RecentRuns,
		private readonly ledger: Ledger,
		private readonly claims: Claims,
		private readonly since: number | null,
	) {}

	/**
	 * A run for an item, as it is now: one that succeeded and still has its images, or one that is
	 * pending; null where there is none. Throws RunflowError where that can't be known, since a new run
	 * might be paid for in vain.
	 */
	async find(item: AskingItem, entry: LedgerEntry, signal: AbortSignal): Promise<Run | null> {
		const { since } = this;
		if (since === null) return null;
		if (item.plan.input.sync_mode) {
			this.gaps.syncItems += 1;
			return null;
		}
		const { isCutOff, refusedStatus, runs } = await this.recent.list(signal);
		const inTime = runs.filter((run) => isCreatedAfter(run, since) === true);
		const tried = new Set<string>();
		for (;;) {
			const listed = this.choose(item, entry, inTime, tried);
			if (listed === null) break;
			tried.add(listed.id);
			this.claims.claim(item.itemIndex, listed.id);
			const run = await this.readIfReusable(item, listed, signal);
			if (run !== null) return run;
		}
		Object.assign(this.gaps, { isCutOff, refusedStatus });
		const { clientRef } = item.plan;
		if (clientRef !== null && wholeInputOf(item.plan) === null) this.gaps.unnamedItems += 1;
		return null;
	}

	/** Notes whose run this is, so that no other item of the execution reuses it. */
	note(itemIndex: number, run: Run): void {
		if (this.since !== null) this.claims.claim(itemIndex, run.id);
	}

	private choose(
		{ itemIndex, plan }: AskingItem,
		{ hash }: LedgerEntry,
		runs: Run[],
		tried: Set<string>,
	): Run | null {
		const { executionId, nodeScope, runIndex } = this.ledger;
		const purpose = { requestHash: hash, executionId, runIndex, itemIndex };
		const free = runs.filter(
			(run) => isReusable(run) && !tried.has(run.id) && !this.claims.isOfAnother(itemIndex, run),
		);
		return chooseRun(free, { nodeScope, plan, purpose });
	}

	/** The run as it is now, null where it can't be used after all. */
	private async readIfReusable(
		{ plan }: AskingItem,
		listed: Run,
		signal: AbortSignal,
	): Promise<Run | null> {
		for (let looked = 0; looked < looks; looked++) {
			const run = await this.client.getRun(listed.id, signal).catch(returnNullIfUnknown);
			if (run === null) break;
			const isSame = isSameInput(plan.input, run.input ?? listed.input);
			if (!isSame || !isReusable(run)) return null;
			if (await this.hasItsImages(run, signal)) return run;
		}
		this.gaps.goneRunIds.add(listed.id);
		return null;
	}

	/** Whether a run has all its images, or is yet to make them. */
	private async hasItsImages({ images, status }: Run, signal: AbortSignal): Promise<boolean> {
		if (!isTerminal(status)) return true;
		const found = await Promise.all(
			images.map(async ({ url }) => await isStillThere(this.context, url, signal)),
		);
		return found.length > 0 && found.every((isThere) => isThere);
	}
}

function returnNullIfUnknown(error: unknown): null {
	if (error instanceof RunflowApiError && error.httpStatus === 404) return null;
	throw error;
}
