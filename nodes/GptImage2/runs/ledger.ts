import { createHash, randomUUID } from 'node:crypto';

import type { IContextObject, IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { Run } from '../../../runflow/run';
import type { Payment } from '../errors/nodeErrors';
import { keptImageSchema } from '../output/keptImages';
import { isTool } from '../parameters/node';
import { beginningOf, type Beginning } from './beginning';
import { makeClientRef, nodeScopeOf } from './clientRef';

const entrySchema = z.object({
	hash: z.string(),
	idempotencyKey: z.string(),
	attempt: z.number().int(),
	clientRef: z.string(),
	/** When the attempt began, in milliseconds since 1970; 0 where an older version wrote the entry. */
	startedAt: z.number().default(0),
	runId: z.string().nullable(),
	/** When the API accepted its create, in milliseconds since 1970; 0 before that, and for a run found otherwise. */
	acceptedAt: z.number().default(0),
	/** Whether a create was sent and it is unknown whether it was accepted. */
	uncertain: z.boolean(),
	/** The callback URL that the create was sent with; the same key needs the same body. */
	callbackUrl: z.string().nullable().default(null),
	/** The URLs of the images that the create was sent with, of uploaded ones and of an earlier run's, for the same reason. */
	uploadUrls: z.record(z.string()).default({}),
	/** The metadata that the create is sent with, for the same reason. */
	metadata: z.record(z.unknown()).default({}),
	/** Whether the node made `clientRef`, so that it belongs to this run alone. */
	findable: z.boolean().default(false),
	keptImages: z.array(keptImageSchema).default([]),
	/** How many images there are to keep, 0 until one is kept. */
	imageCount: z.number().int().default(0),
	/** Whether the run is that of an earlier execution, so that nothing is paid for it here. */
	reused: z.boolean().default(false),
});

/** What the ledger remembers of one item: the latest attempt to pay for its images. */
export type LedgerEntry = z.infer<typeof entrySchema>;

/** What an entry is about. */
export interface LedgerSubject {
	itemIndex: number;
	/** What shapes the image. Its hash tells a changed request from the same one. */
	request: object;
	/** The user's own reference, null where the ledger makes one. */
	clientRef: string | null;
	metadata: Record<string, unknown>;
}

/** By what the run of an item is known. */
export type KnownRun = Pick<Run, 'client_ref' | 'id'>;

const contextKey = 'ledger';

/** The very object that is stored, because calls of a tool at the same time share it. */
const entriesSchema = z.custom<Record<string, unknown>>(
	(entries) => typeof entries === 'object' && entries !== null,
);

/** The runs that this process is starting for tools, by the hash of the request. */
const starting = new WeakMap<object, Map<string, Promise<Run>>>();

/**
 * Remembers keys and run ids of this node in its context, which n8n saves with the execution and
 * copies into a retry. So a second try, Retry On Fail or n8n's Retry, continues what is paid for.
 */
export class Ledger {
	private constructor(
		private readonly entries: Record<string, unknown>,
		readonly nodeScope: string,
		readonly executionId: string,
		readonly beginning: Beginning,
		/** Which time the node runs in its execution, as in a loop. */
		readonly runIndex: number,
		/** Whether the same request continues the same run in every run index: a model calls again. */
		private readonly isShared: boolean,
	) {}

	/** The ledger of the node that runs in `context`, kept apart for each run index (loops), but not for a tool. */
	static of(context: IExecuteFunctions): Ledger {
		const stored: IContextObject = context.getContext('node');
		const known = entriesSchema.safeParse(stored[contextKey]);
		const entries = known.success ? known.data : {};
		stored[contextKey] = entries;
		const { $runIndex } = context.getWorkflowDataProxy(0);
		// A call through an MCP Server Trigger has no execution id, though the type says so.
		const executionId: string | undefined = context.getExecutionId();
		return new Ledger(
			entries,
			nodeScopeOf(context),
			executionId ?? randomUUID(),
			beginningOf(context),
			z.number().catch(0).parse($runIndex),
			isTool(context),
		);
	}

	/**
	 * The entry for an item: the recorded one while its request is the same and was sent, else a new one
	 * with a key and a reference that were never used.
	 */
	entryFor(subject: LedgerSubject): LedgerEntry {
		const hash = hashOf(subject);
		const known = this.find(subject.itemIndex);
		if (known?.hash === hash && wasSent(known)) return known;
		const same = this.isShared ? this.findRequest(hash) : null;
		return same === null ? this.renew(subject) : this.write(subject.itemIndex, same);
	}

	/**
	 * Starts the run of a request. A tool that is starting the same one in another call joins that.
	 * Throws what `start` throws.
	 */
	async startOnce(subject: LedgerSubject, start: () => Promise<Run>): Promise<Run> {
		if (!this.isShared) return await start();
		const underway = starting.get(this.entries) ?? new Map<string, Promise<Run>>();
		starting.set(this.entries, underway);
		const hash = hashOf(subject);
		const run = underway.get(hash) ?? start().finally(() => underway.delete(hash));
		underway.set(hash, run);
		return await run;
	}

	/** Starts the next attempt at an item, because the last one can no longer lead to images. */
	renew(subject: LedgerSubject): LedgerEntry {
		const { itemIndex } = subject;
		const attempt = (this.find(itemIndex)?.attempt ?? 0) + 1;
		const hash = hashOf(subject);
		const { beginning, executionId, nodeScope, runIndex } = this;
		const purpose = { requestHash: hash, beginning, executionId, runIndex, itemIndex, attempt };
		return this.write(itemIndex, {
			hash,
			idempotencyKey: randomUUID(),
			attempt,
			clientRef: subject.clientRef ?? makeClientRef(nodeScope, purpose),
			findable: subject.clientRef === null,
			metadata: subject.metadata,
			startedAt: Date.now(),
			runId: null,
			acceptedAt: 0,
			uncertain: false,
			callbackUrl: null,
			uploadUrls: {},
			keptImages: [],
			imageCount: 0,
			reused: false,
		});
	}

	/** Records what changed and returns the entry as it is now. */
	update(itemIndex: number, entry: LedgerEntry, change: Partial<LedgerEntry>): LedgerEntry {
		return this.write(itemIndex, { ...entry, ...change });
	}

	/** What is known of the payment for an item: its run, or the reference of an unclear create. */
	paymentOf(itemIndex: number): Payment {
		const { runId = null, uncertain = false, clientRef = null } = this.find(itemIndex) ?? {};
		return { runId, unclearRef: runId === null && uncertain ? clientRef : null };
	}

	/**
	 * Whether a run is known to belong to another item than this one: by its id, or by the reference that
	 * the ledger made for that item, whose create may have got no clear answer.
	 */
	isOfAnother(itemIndex: number, { id, client_ref }: KnownRun): boolean {
		return Object.entries(this.entries).some(([key, stored]) => {
			const entry = key === this.keyOf(itemIndex) ? null : readEntry(stored);
			if (entry === null) return false;
			return entry.runId === id || (entry.findable && entry.clientRef === client_ref);
		});
	}

	/** Gives a run that was looked for to an item, at once; false where another item has it. */
	take(itemIndex: number, entry: LedgerEntry, run: KnownRun): boolean {
		if (this.isOfAnother(itemIndex, run)) return false;
		this.update(itemIndex, entry, { runId: run.id });
		return true;
	}

	/** The recorded entry of an item, null where there is none. */
	find(itemIndex: number): LedgerEntry | null {
		return readEntry(this.entries[this.keyOf(itemIndex)]);
	}

	/** The latest entry with this hash that was sent, whatever its run index and item. */
	private findRequest(hash: string): LedgerEntry | null {
		const entries = Object.values(this.entries).map(readEntry).reverse();
		return entries.find((entry) => entry?.hash === hash && wasSent(entry)) ?? null;
	}

	private write(itemIndex: number, entry: LedgerEntry): LedgerEntry {
		this.entries[this.keyOf(itemIndex)] = entry;
		return entry;
	}

	private keyOf(itemIndex: number): string {
		return `${this.runIndex}.${itemIndex}`;
	}
}

function readEntry(stored: unknown): LedgerEntry | null {
	const entry = entrySchema.safeParse(stored);
	return entry.success ? entry.data : null;
}

/** Whether its create may have reached the API; until then everything in it may change. */
function wasSent({ runId, uncertain }: LedgerEntry): boolean {
	return runId !== null || uncertain;
}

/** The hash of what shapes the image: items with the same one ask for the same. */
export function hashOf({ request }: Pick<LedgerSubject, 'request'>): string {
	return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}
