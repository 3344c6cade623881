import { returnNullIfNotFound, RunflowApiError, UnknownRunsError } from '../../../runflow/errors';
import { isPassing } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import { Slots } from '../../../runflow/slots';
import { mayDeliver } from '../../../runflow/status';
import type { RunSource } from '../output/items';
import { KnownList, type Search } from './knownList';
import type { Ledger } from './ledger';
import {
	continuesOwn,
	isSameOwnReference,
	keyOfPrompt,
	keysOfContinued,
	keysOfRepeated,
	mayBeLeftOver,
	repeatsOwn,
	wholeInputOf,
} from './matching';
import { ownerAt, type Owners } from './owners';
import { readReference } from './reference';
import type { Request } from './request';
import { noGaps, readIfReusable, type ReuseGaps } from './reusable';
import { offer, offeredIds, take } from './undelivered';

/** A thousand reads that begin at once would keep n8n from answering others. */
const readsAtOnce = 50;

/** A run that an item takes up in place of a new one, and where it comes from. */
export interface KnownRun {
	run: Run;
	source: RunSource;
}

/** Runs of the execution before that its retry doesn't continue. */
export interface LeftOver {
	runIds: string[];
	/** Whether they are known to be of that execution, not of another that ran since. */
	isCertain: boolean;
}

/** Runs of earlier executions that an item may take up, so that nothing is paid for twice. */
export class KnownRuns {
	readonly gaps: ReuseGaps = noGaps();

	private readonly list: KnownList;

	private readonly reads = new Slots(readsAtOnce);

	constructor(
		private readonly search: Search,
		private readonly owners: Owners,
	) {
		this.list = new KnownList(search);
	}

	/**
	 * The run of a request that was paid for before: left by the execution that crashed and is retried, never
	 * output by one that failed, or to be reused. It is the item's from then on. Null where there is none.
	 * Throws RunflowError where that can't be known, since a new run might be paid for twice.
	 */
	async find(request: Request, signal: AbortSignal): Promise<KnownRun | null> {
		return (
			(await this.findContinued(request, signal)) ??
			(await this.findUndelivered(request, signal)) ??
			(await this.findRepeated(request, signal))
		);
	}

	/** The runs that the execution before started in this round, and that no request asks for any more. */
	async leftOver(ledger: Ledger): Promise<LeftOver> {
		const { execution, requests } = this.search;
		const isCertain = execution.beginning.establishedAt !== null;
		if (!execution.isRetry) return { runIds: [], isCertain };
		const paid = requests.map((request) => ({ request, ...ledger.paymentOf(request) }));
		const continued = new Set(paid.map(({ runId }) => runId));
		const wanted = new Set(paid.flatMap(({ request, runId }) => (runId ? [] : request.hash)));
		const left = (await this.list.known()).filter(
			({ reference, run }) =>
				mayBeLeftOver(run, reference, execution) &&
				!continued.has(run.id) &&
				!wanted.has(reference.hash),
		);
		return { runIds: left.map(({ run }) => run.id), isCertain };
	}

	/** The run that the execution before left to an item; no retry begins without knowing. */
	private async findContinued(request: Request, signal: AbortSignal): Promise<KnownRun | null> {
		const { client, execution } = this.search;
		if (!execution.isRetry) return null;
		const { isCutOff, refusedStatus } = await this.list.open(signal);
		const { clientRef, input } = request.plan;
		const { executionId, runIndex } = execution;
		if (clientRef !== null) {
			const isOwn = (reference: string) => isSameOwnReference(reference, clientRef, executionId);
			await this.list.offerBrief(isOwn, signal);
		}
		const keys =
			clientRef === null ? keysOfContinued({ ...request, runIndex }) : [keyOfPrompt(input.prompt)];
		const isFor = (run: Run) => clientRef === null || continuesOwn(run, request, executionId);
		const found = await this.takeUp(request, { keys, isFor, source: 'crash' }, async ({ id }) => {
			const run = await client.getRun(id, signal);
			return mayDeliver(run.status) ? run : null;
		});
		if (found !== null || (!isCutOff && refusedStatus === null)) return found;
		if (clientRef === null || clientRef.includes(executionId)) {
			throw new UnknownRunsError(refusedStatus);
		}
		return await this.findByReference(request, clientRef, signal);
	}

	/** The run that an item's own reference leads to by itself, where the list isn't all there. */
	private async findByReference(
		request: Request,
		clientRef: string,
		signal: AbortSignal,
	): Promise<KnownRun | null> {
		const { client, execution } = this.search;
		const owner = this.ownerOf(request);
		const wanted = {
			clientRef,
			startedAt: execution.beginning.establishedAt ?? 0,
			input: request.plan.input,
			isTaken: (run: Run) => this.owners.isOfAnother(owner, run),
			take: (run: Run) => mayDeliver(run.status) && this.owners.take(owner, run),
		};
		const run = await client.findRun(wanted, signal).catch((error: unknown) => {
			if (isPassing(error) || !(error instanceof RunflowApiError)) throw error;
			throw new UnknownRunsError(error.httpStatus);
		});
		return run === null ? null : { run, source: 'crash' };
	}

	/** A run that the node paid for in an execution that failed before it could output it. */
	private async findUndelivered(request: Request, signal: AbortSignal): Promise<KnownRun | null> {
		const { client, execution } = this.search;
		if (request.plan.input.sync_mode) return null;
		if (await this.list.hasMarks()) await this.list.open(signal);
		for (const id of offeredIds(execution.scope, request.hash)) {
			if (this.owners.isOfAnother(this.ownerOf(request), { id, client_ref: null })) continue;
			take(execution.scope, id);
			const run = await client
				.getRun(id, signal)
				.catch(returnNullIfNotFound)
				.catch((error: unknown) => {
					offer(execution.scope, id, request.hash);
					throw error;
				});
			const isUsable = run !== null && mayDeliver(run.status);
			if (isUsable && this.owners.take(this.ownerOf(request), run)) {
				return { run, source: 'undelivered' };
			}
		}
		return null;
	}

	/** A run that the same request started in an earlier execution, and that still has its images or is pending. */
	private async findRepeated(request: Request, signal: AbortSignal): Promise<KnownRun | null> {
		const { execution, reuseHours } = this.search;
		const { clientRef, input } = request.plan;
		if (reuseHours === 0) return null;
		if (input.sync_mode) {
			this.gaps.syncItems.add(request.itemIndex);
			return null;
		}
		const { isCutOff, refusedStatus } = await this.list.open(signal);
		if (clientRef !== null) await this.list.offerBrief((own) => own === clientRef, signal);
		const { runIndex } = execution;
		const own = clientRef === null ? [] : [keyOfPrompt(input.prompt)];
		const keys = [...keysOfRepeated({ ...request, runIndex }, execution), ...own];
		const isFor = (run: Run) => readReference(run.client_ref) !== null || repeatsOwn(run, request);
		const found = await this.takeUp(
			request,
			{ keys, isFor, source: 'reuse' },
			async ({ id }) => await readIfReusable(id, { ...this.search, gaps: this.gaps, signal }),
		);
		if (found !== null) return found;
		Object.assign(this.gaps, { isCutOff, refusedStatus });
		if (clientRef !== null && wholeInputOf(request.plan) === null) {
			this.gaps.unnamedItems.add(request.itemIndex);
		}
		return null;
	}

	/** Gives the item the first run under these keys that `read` finds to be of use. */
	private async takeUp(
		request: Request,
		{ keys, isFor, source }: { keys: string[]; isFor: (run: Run) => boolean; source: RunSource },
		read: (listed: Run) => Promise<Run | null>,
	): Promise<KnownRun | null> {
		const owner = this.ownerOf(request);
		const isTaken = (run: Run) => this.owners.isOfAnother(owner, run);
		for (;;) {
			const listed = this.list.offers.next(keys, { isFor, isTaken });
			if (listed === null) return null;
			const run = await this.reads.use(async () => await read(listed));
			if (run !== null && this.owners.take(owner, run)) return { run, source };
		}
	}

	private ownerOf({ itemIndex }: Request): string {
		return ownerAt(this.search.execution, itemIndex);
	}
}
