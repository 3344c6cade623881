import type { IExecuteFunctions } from 'n8n-workflow';

import type { RunflowClient } from '../../../runflow/client';
import { RunflowApiError } from '../../../runflow/errors';
import { clockSkewMs } from '../../../runflow/findRun';
import type { RunPage } from '../../../runflow/lists';
import type { Run } from '../../../runflow/run';
import { isSameInput } from '../../../runflow/sameInput';
import { mayDeliver } from '../../../runflow/status';
import { isSamePurpose } from './clientRef';
import type { Ledger, LedgerEntry } from './ledger';

/** How far back to look where n8n doesn't say when the execution began that is retried. */
const unknownAgeMs = 3_600_000;

const runsPerPage = 100;
const mostPages = 20;

/** What an item asks for, as far as a run is known by it. */
interface AskedFor {
	input: object;
	clientRef: string | null;
}

/**
 * The runs that a crashed execution left behind. When a process dies, n8n has not saved the ledger, and
 * its Retry begins with an empty one. So a retry asks once which runs of this node there are since the
 * execution began that is retried, and continues with those of the same request and item.
 */
export class CrashedRuns {
	private listed: Promise<Run[]> | null = null;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly client: RunflowClient,
		private readonly ledger: Ledger,
	) {}

	/** The run of an item, as it is now; null where there is none, or this is no retry. Throws RunflowError. */
	async find(
		{ itemIndex, plan }: { itemIndex: number; plan: AskedFor },
		{ hash }: LedgerEntry,
		signal: AbortSignal,
	): Promise<Run | null> {
		if (this.context.getMode() !== 'retry') return null;
		this.listed ??= this.list(signal);
		const { nodeScope, runIndex } = this.ledger;
		const own = (await this.listed).find(
			({ client_ref, id, status }) =>
				client_ref !== null &&
				(client_ref === plan.clientRef ||
					isSamePurpose(client_ref, nodeScope, { requestHash: hash, runIndex, itemIndex })) &&
				mayDeliver(status) &&
				!this.ledger.isOfAnother(itemIndex, id),
		);
		if (own === undefined) return null;
		const run = await this.client.getRun(own.id, signal);
		return mayDeliver(run.status) && isSameInput(plan.input, run.input ?? own.input) ? run : null;
	}

	/** The runs that were listed, newest first; none where nothing had to be looked for, or it failed. */
	async known(): Promise<Run[]> {
		return (await this.listed?.catch(() => [])) ?? [];
	}

	/** The runs since the retried execution began, newest first; none where the API refuses to list them. */
	private async list(signal: AbortSignal): Promise<Run[]> {
		const { establishedAt = Date.now() - unknownAgeMs } =
			this.context.getExecutionContext?.() ?? {};
		const createdAfter = new Date(establishedAt - clockSkewMs).toISOString();
		const filter = { status: null, clientRef: null, createdAfter, query: null };
		const found: Run[] = [];
		let cursor: string | null = null;
		for (let pages = 0; pages < mostPages; pages++) {
			const page: RunPage = await this.client
				.listRuns(filter, { limit: runsPerPage, cursor }, signal)
				.catch(returnNoRunsIfRefused);
			found.push(...page.runs);
			if (page.cursor === null) break;
			cursor = page.cursor;
		}
		return found;
	}
}

function returnNoRunsIfRefused(error: unknown): RunPage {
	const isRefused =
		error instanceof RunflowApiError && error.httpStatus < 500 && error.httpStatus !== 429;
	if (!isRefused) throw error;
	return { runs: [], cursor: null };
}
