import { UnknownRunsError } from '../../../runflow/errors';
import { namedRun, type Run } from '../../../runflow/run';
import { Slots } from '../../../runflow/slots';
import { mayDeliver } from '../../../runflow/status';
import { notShown, notThere } from '../files';
import type { RunSource } from '../output/items';
import { findByReference } from './findByReference';
import { KnownList, type Search } from './knownList';
import type { Ledger } from './ledger';
import { isReusable, isStuck, keysOfContinued, keysOfRepeated, mayBeLeftOver } from './matching';
import { continuesOwn, isAmbiguous, keysOfOwn, repeatsOwn, wholeInputOf } from './ownReferences';
import type { Owners } from './owners';
import { readReference } from './reference';
import type { Request } from './request';
import { noGaps, readIfUsable, type ReuseGaps } from './reusable';
import type { Wish } from './shelves';
import { hasMarks, offer, offeredRuns, offerMarked, take } from './undelivered';

/** A thousand reads at once would keep n8n from answering anything else. */
const readsAtOnce = 50;

/** A run that an item takes up instead of starting one, and where it comes from. */
interface KnownRun {
	run: Run;
	source: RunSource;
}

/** How an item searches the list for a run. */
interface Look {
	keys: string[];
	isFor: Wish['isFor'];
	source: RunSource;
	/** Returns the run as it is now; null if nobody can use it. */
	read(listed: Run): Promise<Run | null>;
}

/** Runs of earlier executions that items may take up, so that nothing is paid for twice. */
export class KnownRuns {
	readonly gaps: ReuseGaps = noGaps();

	private marked: Promise<boolean> | null = null;

	private opened: Promise<KnownList> | null = null;

	private readonly reads = new Slots(readsAtOnce);

	constructor(
		private readonly search: Search,
		private readonly owners: Owners,
	) {}

	/**
	 * Returns the run that was already paid for the request: left by the crashed execution that is being
	 * retried, never output by a failed one, or to be reused. The run then belongs to the item. Null if there
	 * is none. Throws RunflowError if that can't be determined, because a new run might then be paid for
	 * twice.
	 */
	async find(request: Request, signal: AbortSignal): Promise<KnownRun | null> {
		return (
			(await this.findContinued(request, signal)) ??
			(await this.findUndelivered(request, signal)) ??
			(await this.findRepeated(request, signal))
		);
	}

	/**
	 * Returns the ids of the runs that the previous execution started in this round and that no request asks
	 * for any more, and whether they certainly belong to that execution, not to another that ran since.
	 */
	async leftOver(ledger: Ledger): Promise<{ runIds: string[]; isCertain: boolean }> {
		const { execution, requests } = this.search;
		const isCertain = execution.beginning.establishedAt !== null;
		const list = execution.isRetry ? await this.opened?.catch(() => null) : null;
		if (!list) return { runIds: [], isCertain };
		const paid = requests.map((request) => ({ request, ...ledger.paymentOf(request) }));
		const continued = new Set(paid.map(({ runId }) => runId));
		const wanted = new Set(paid.flatMap(({ request, runId }) => (runId ? [] : request.hash)));
		const left = list.referenced.filter(
			({ reference, run }) =>
				mayBeLeftOver(run, reference, execution) &&
				!continued.has(run.id) &&
				!wanted.has(reference.hash),
		);
		return { runIds: left.map(({ run }) => run.id), isCertain };
	}

	/**
	 * Returns the run that the previous execution left to an item. A retry starts nothing until this is
	 * known.
	 */
	private async findContinued(request: Request, signal: AbortSignal): Promise<KnownRun | null> {
		const { owners } = this;
		const { client, execution } = this.search;
		if (!execution.isRetry) return null;
		const { clientRef, input } = request.plan;
		const { idInOwnReferences, runIndex } = execution;
		const { shelves } = await this.list(signal);
		const own = shelves.under(keysOfOwn(clientRef, input.prompt));
		if (isAmbiguous(own, request, this.search)) throw new UnknownRunsError('alike');
		const found = await this.lookUp(request, signal, {
			keys:
				clientRef === null
					? keysOfContinued({ ...request, runIndex })
					: keysOfOwn(clientRef, input.prompt),
			isFor: (run) => clientRef === null || continuesOwn(run, request, execution),
			source: 'crash',
			read: async (listed) => {
				const run = await client.getKnownRun(listed, signal);
				return mayDeliver(run.status) ? run : null;
			},
		});
		const { missing } = await this.list(signal);
		if (found !== null || missing === null) return found;
		const isOfExecution = idInOwnReferences !== null && clientRef?.includes(idInOwnReferences);
		if (clientRef === null || isOfExecution) {
			throw new UnknownRunsError(missing);
		}
		const run = await findByReference({ ...this.search, owners }, request, clientRef, signal);
		return run && { run, source: 'crash' };
	}

	/** Returns a run that the node paid for in an execution that failed before it could output the run. */
	private async findUndelivered(request: Request, signal: AbortSignal): Promise<KnownRun | null> {
		const { context, execution } = this.search;
		if (request.plan.input.sync_mode) return null;
		if (await (this.marked ??= hasMarks(context))) {
			const { missing } = await this.list(signal);
			this.gaps.isUndeliveredUnknown = missing !== null;
		}
		const claim = this.owners.claimOf(execution, request);
		for (const paid of offeredRuns(execution.scope, request.hash)) {
			const { runId: id } = paid;
			if (claim.isTaken({ id, client_ref: null }) || !take(execution.scope, id)) continue;
			const isUsable = (run: Run) => mayDeliver(run.status) && !isStuck(run);
			const reading = readIfUsable(namedRun(paid), isUsable, this.look(notThere, signal));
			const run = await reading.catch((error: unknown) => {
				offer(execution.scope, paid);
				throw error;
			});
			if (run !== null && claim.take(run)) return { run, source: 'undelivered' };
		}
		return null;
	}

	/**
	 * Returns a run that the same request started in an earlier execution and that still has its images or is
	 * pending.
	 */
	private async findRepeated(request: Request, signal: AbortSignal): Promise<KnownRun | null> {
		const { execution, reuseHours } = this.search;
		const { clientRef, input } = request.plan;
		if (reuseHours === 0) return null;
		if (input.sync_mode) {
			this.gaps.syncItems.add(request.itemIndex);
			return null;
		}
		const found = await this.lookUp(request, signal, {
			keys: [
				...keysOfRepeated({ ...request, runIndex: execution.runIndex }, execution),
				...keysOfOwn(clientRef, input.prompt),
			],
			isFor: (run) =>
				readReference(run.client_ref) !== null || repeatsOwn(run, request, reuseHours),
			source: 'reuse',
			read: async (listed) =>
				await readIfUsable(
					listed,
					(run) => isReusable(run, reuseHours),
					this.look(notShown, signal),
				),
		});
		if (found !== null) return found;
		this.gaps.missing = (await this.list(signal)).missing;
		if (clientRef !== null && wholeInputOf(request.plan) === null) {
			this.gaps.unnamedItems.add(request.itemIndex);
		}
		return null;
	}

	private look(goneStatuses: ReadonlySet<unknown>, signal: AbortSignal) {
		return { ...this.search, gaps: this.gaps, goneStatuses, signal };
	}

	/** Gives the item the first run in the list that turns out to be usable. */
	private async lookUp(
		request: Request,
		signal: AbortSignal,
		{ isFor, keys, read, source }: Look,
	): Promise<KnownRun | null> {
		const { shelves } = await this.list(signal);
		const { isTaken, take: takeRun } = this.owners.claimOf(this.search.execution, request);
		for (;;) {
			const listed = shelves.next(keys, { isFor, isTaken });
			if (listed === null) return null;
			const run = await this.reads.use(async () => await read(listed));
			if (run !== null && takeRun(run)) return { run, source };
		}
	}

	/**
	 * The account's runs, listed only when an item asks for them. Throws RunflowError if one that is paid for
	 * may be missing.
	 */
	private async list(signal: AbortSignal): Promise<KnownList> {
		return await (this.opened ??= this.open(signal));
	}

	private async open(signal: AbortSignal): Promise<KnownList> {
		const { context, execution, requests } = this.search;
		const isMarked = await (this.marked ??= hasMarks(context));
		const list = await KnownList.read({ ...this.search, isMarked, signal });
		if (isMarked) await offerMarked(context, execution.scope, list.runsFor(requests, execution));
		return list;
	}
}
