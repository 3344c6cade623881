import { randomUUID } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { RunRequest } from '../../../runflow/input';
import type { Run } from '../../../runflow/run';
import type { RunSource } from '../output/items';
import {
	entrySchema,
	type Attempt,
	type Entry,
	type NewEntry,
	type Payment,
	type RunEntry,
	type SentEntry,
} from './entry';
import type { NamedRun, Owners } from './owners';
import { writeReference, type NodeExecution } from './reference';
import type { Request } from './request';

const ledgerKey = 'ledger';

/** The very object that is stored, because calls of a tool at the same time share it. */
const storedLedgerSchema = z.custom<Record<string, unknown>>(
	(stored) => typeof stored === 'object' && stored !== null,
);

/** What the stored entries say, parsed once and shared by whoever shares them. */
interface Entries {
	byPlace: Map<string, Entry>;
	/** The latest that was sent, by the hash of its request. */
	byHash: Map<string, SentEntry | RunEntry>;
}

const parsed = new WeakMap<object, Entries>();

/** The runs that this process is starting, by what several calls or retries may ask for at once. */
const starting = new Map<string, Promise<Run>>();

/**
 * Remembers keys and run ids of this node in its context, which n8n saves with the execution and
 * copies into a retry. So a second try, Retry On Fail or n8n's Retry, continues what is paid for. Each
 * run index (loops) has entries of its own, but the calls of a tool share them: a model calls again.
 */
export class Ledger {
	private readonly entries: Entries;

	private constructor(
		private readonly stored: Record<string, unknown>,
		private readonly owners: Owners,
		private readonly execution: NodeExecution,
	) {
		this.entries = parsed.get(stored) ?? { byPlace: new Map(), byHash: new Map() };
		if (parsed.has(stored)) return;
		parsed.set(stored, this.entries);
		for (const [place, value] of Object.entries(stored)) {
			const read = entrySchema.safeParse(value);
			if (read.success) this.keep(place, read.data);
		}
	}

	/** The ledger of the node that runs in `context`. */
	static of(context: IExecuteFunctions, owners: Owners, execution: NodeExecution): Ledger {
		const nodeContext = context.getContext('node');
		const known = storedLedgerSchema.safeParse(nodeContext[ledgerKey]);
		const stored = known.success ? known.data : {};
		nodeContext[ledgerKey] = stored;
		return new Ledger(stored, owners, execution);
	}

	/** The attempt that a request continues: its item's latest one, once it was sent; null where there is none. */
	current(request: Request): SentEntry | RunEntry | null {
		const entry = this.entries.byPlace.get(this.placeOf(request.itemIndex));
		if (entry !== undefined && entry.state !== 'new' && continues(request, entry)) return entry;
		return this.execution.isTool ? (this.entries.byHash.get(request.hash) ?? null) : null;
	}

	/** Begins the next attempt at an item, with a key and a reference that were never used. */
	begin({ hash, itemIndex, plan, sourceHash }: Request): NewEntry {
		const attempt = (this.entries.byPlace.get(this.placeOf(itemIndex))?.attempt ?? 0) + 1;
		const reference = { ...this.execution, hash, sourceHash, itemIndex, attempt };
		const entry: NewEntry = {
			state: 'new',
			hash,
			sourceHash,
			attempt,
			idempotencyKey: randomUUID(),
			clientRef: plan.clientRef ?? writeReference(reference),
			isOwnRef: plan.clientRef === null,
			startedAt: Date.now(),
		};
		this.write(itemIndex, entry);
		return entry;
	}

	/** Notes that a create is being sent, before it is. */
	noteSent({ itemIndex }: Request, entry: NewEntry | SentEntry, body: RunRequest): SentEntry {
		const isDisputed = entry.state === 'sent' && entry.isDisputed;
		const sent: SentEntry = { ...attemptOf(entry), state: 'sent', body, isDisputed };
		this.write(itemIndex, sent);
		return sent;
	}

	/** Notes that what was sent was refused, so that nothing is paid for. */
	noteRefused({ itemIndex }: Request, entry: SentEntry): void {
		this.write(itemIndex, { ...attemptOf(entry), state: 'new' });
	}

	/** Notes that the API says it knows the key of what was sent, though no run was found. */
	noteDisputed({ itemIndex }: Request, entry: SentEntry): void {
		this.write(itemIndex, { ...entry, isDisputed: true });
	}

	/** Notes the run of an item and where it comes from; `accepted` is the create that led to it. */
	noteRun(
		{ itemIndex }: Request,
		entry: NewEntry | SentEntry,
		{ accepted, run, source }: { run: NamedRun; source: RunSource; accepted?: RunRequest },
	): void {
		const foundRef = accepted === undefined ? run.client_ref : null;
		this.write(itemIndex, {
			...attemptOf(entry),
			state: 'run',
			clientRef: foundRef ?? entry.clientRef,
			runId: run.id,
			source,
			acceptedAt: accepted === undefined ? null : Date.now(),
			callbackUrl: accepted?.callback_url ?? null,
			body: accepted?.input.sync_mode ? accepted : null,
			keptImages: [],
			imageCount: 0,
		});
	}

	/** Notes what became of a run: its images that only this execution has, or the run that has them in its place. */
	noteDelivery(
		{ itemIndex }: Request,
		entry: RunEntry,
		delivery: Partial<Pick<RunEntry, 'imageCount' | 'keptImages' | 'runId'>>,
	): RunEntry {
		const kept = { ...entry, ...delivery };
		this.write(itemIndex, kept);
		return kept;
	}

	/** The run of a request, null where there is none. */
	runOf(request: Request): RunEntry | null {
		const entry = this.current(request);
		return entry?.state === 'run' ? entry : null;
	}

	/** What is known of the payment for a request: its run, or the reference of an unclear create. */
	paymentOf(request: Request): Payment {
		const entry = this.current(request);
		return {
			runId: entry?.state === 'run' ? entry.runId : null,
			unclearRef: entry?.state === 'sent' ? entry.clientRef : null,
		};
	}

	/**
	 * Starts the run of a request. Calls of a tool that ask for the same at once, and retries of one execution
	 * that were started at once in this process, start it once. Throws what `start` throws.
	 */
	async startOnce(request: Request, start: () => Promise<Run>): Promise<Run> {
		const key = this.sharedKeyOf(request);
		if (key === null) return await start();
		const underway = starting.get(key);
		if (underway === undefined) {
			const started = start().finally(() => starting.delete(key));
			starting.set(key, started);
			return await started;
		}
		const run = await underway;
		if (this.current(request) === null) {
			this.noteRun(request, this.begin(request), { run, source: 'crash' });
		}
		return run;
	}

	/** Under what others may be starting the same run; null where nobody can. */
	private sharedKeyOf({ hash, itemIndex, sourceHash }: Request): string | null {
		const { beginning, executionId, isRetry, isTool, scope } = this.execution;
		if (isTool) return [scope, executionId, hash].join(' ');
		if (!isRetry || beginning.establishedAt === null) return null;
		const { establishedAt, tokenHash } = beginning;
		return [scope, establishedAt, tokenHash, this.placeOf(itemIndex), sourceHash].join(' ');
	}

	private write(itemIndex: number, entry: Entry): void {
		const place = this.placeOf(itemIndex);
		this.stored[place] = entry;
		this.keep(place, entry);
	}

	private keep(place: string, entry: Entry): void {
		const before = this.entries.byPlace.get(place);
		if (before?.state === 'sent') this.owners.expectNoMore(before.clientRef);
		this.entries.byPlace.set(place, entry);
		if (entry.state === 'new') {
			const sent = this.entries.byHash.get(entry.hash);
			if (sent?.idempotencyKey === entry.idempotencyKey) this.entries.byHash.delete(entry.hash);
			return;
		}
		this.entries.byHash.set(entry.hash, entry);
		const owner = `${this.execution.nodeId}:${place}`;
		if (entry.state === 'run') this.owners.give(owner, entry.runId);
		else if (entry.isOwnRef) this.owners.expect(owner, entry.clientRef);
	}

	private placeOf(itemIndex: number): string {
		return `${this.execution.runIndex}.${itemIndex}`;
	}
}

/** Whether a request is the one that an attempt was made for, whatever its expressions evaluate to now. */
function continues(request: Request, entry: Entry): boolean {
	const hasSameSource = request.sourceHash !== '' && request.sourceHash === entry.sourceHash;
	return entry.hash === request.hash || hasSameSource;
}

function attemptOf(entry: Entry): Attempt {
	const { attempt, clientRef, hash, idempotencyKey, isOwnRef, sourceHash, startedAt } = entry;
	return { attempt, clientRef, hash, idempotencyKey, isOwnRef, sourceHash, startedAt };
}
