import { randomUUID } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { RunRequest } from '../../../runflow/input';
import type { Run } from '../../../runflow/run';
import type { RunSource } from '../output/items';
import { storedText } from '../storedText';
import {
	attemptSchema,
	entrySchema,
	type Entry,
	type NewEntry,
	type RunEntry,
	type SentEntry,
} from './entry';
import { ownerOf, placeOf, type Owners } from './owners';
import { writeReference, type NodeExecution } from './reference';
import type { Request } from './request';

const ledgerKey = 'ledger';

/** The stored object itself, not a copy, because concurrent calls of a tool share it. */
const storedLedgerSchema = z.custom<Record<string, unknown>>(
	(stored) => typeof stored === 'object' && stored !== null,
);

const storedEntrySchema = storedText(entrySchema);

/** The entries of each ledger, by place; parsed once and shared by all who share the ledger. */
const parsed = new WeakMap<object, Map<string, Entry>>();

/** What the ledger records about a run. */
type FoundRun = Pick<Run, 'client_ref' | 'createdAt' | 'id'>;

/** What is known about the payment for an item. */
export interface Payment {
	/** The run that was started for it; null if there is none. */
	runId: string | null;
	/** The reference of a create that got no clear answer; null if there is none. */
	unclearRef: string | null;
}

/**
 * Remembers this node's keys and run ids in its context, which n8n saves with the execution and copies into
 * a retry. So a second try, by Retry On Fail or n8n's Retry, continues with what is paid for.
 */
export class Ledger {
	private readonly entries: Map<string, Entry>;

	private constructor(
		private readonly stored: Record<string, unknown>,
		private readonly owners: Owners,
		private readonly execution: NodeExecution,
	) {
		this.entries = parsed.get(stored) ?? new Map<string, Entry>();
		if (parsed.has(stored)) return;
		parsed.set(stored, this.entries);
		for (const [place, value] of Object.entries(stored)) {
			const read = storedEntrySchema.safeParse(value);
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

	/**
	 * Returns the attempt that a request continues: the latest in its place, if it was sent; null if there is
	 * none.
	 */
	current(request: Request): SentEntry | RunEntry | null {
		const entry = this.entries.get(placeOf(this.execution, request));
		return entry !== undefined && entry.state !== 'new' && continues(request, entry) ? entry : null;
	}

	/** Begins the next attempt at an item, with a key and a reference that have never been used. */
	begin(request: Request): NewEntry {
		const { hash, plan, requestNumber, sourceHash } = request;
		const attempt = (this.entries.get(placeOf(this.execution, request))?.attempt ?? 0) + 1;
		const reference = { ...this.execution, hash, sourceHash, requestNumber, attempt };
		return this.write(request, {
			state: 'new',
			hash,
			sourceHash,
			attempt,
			idempotencyKey: randomUUID(),
			clientRef: plan.clientRef ?? writeReference(reference),
			isOwnRef: plan.clientRef === null,
			startedAt: Date.now(),
		});
	}

	/** Records the run of an item and where it comes from; `accepted` is the create that led to it. */
	noteRun(
		request: Request,
		entry: NewEntry | SentEntry,
		{ accepted, run, source }: { run: FoundRun; source: RunSource; accepted?: RunRequest },
	): void {
		const foundRef = accepted === undefined ? run.client_ref : null;
		this.write(request, {
			...attemptSchema.parse(entry),
			state: 'run',
			clientRef: foundRef ?? entry.clientRef,
			runId: run.id,
			source,
			createdAt: accepted === undefined ? run.createdAt : Date.now(),
			callbackUrl: accepted?.callback_url ?? null,
			body: accepted?.input.sync_mode ? accepted : null,
			keptImages: [],
			imageCount: 0,
		});
	}

	/** The run of a request; null if there is none. */
	runOf(request: Request): RunEntry | null {
		const entry = this.current(request);
		return entry?.state === 'run' ? entry : null;
	}

	/** What is known about the payment for a request: its run, or the reference of an unclear create. */
	paymentOf(request: Request): Payment {
		const entry = this.current(request);
		return {
			runId: entry?.state === 'run' ? entry.runId : null,
			unclearRef: entry?.state === 'sent' ? entry.clientRef : null,
		};
	}

	/** Records the current state of the attempt at an item; returns it. */
	write<E extends Entry>(request: Request, entry: E): E {
		const place = placeOf(this.execution, request);
		this.stored[place] = JSON.stringify(entry);
		this.keep(place, entry);
		return entry;
	}

	private keep(place: string, entry: Entry): void {
		const before = this.entries.get(place);
		if (before?.state === 'sent') this.owners.expectNoMore(before.clientRef);
		this.entries.set(place, entry);
		const owner = ownerOf(this.execution, place);
		if (entry.state === 'run') this.owners.give(owner, entry.runId);
		else if (entry.state === 'sent' && entry.isOwnRef) this.owners.expect(owner, entry.clientRef);
	}
}

/** Whether an attempt was made for this request, whatever its expressions evaluate to now. */
function continues(request: Request, entry: Entry): boolean {
	const hasSameSource = request.sourceHash !== '' && request.sourceHash === entry.sourceHash;
	return entry.hash === request.hash || hasSameSource;
}
