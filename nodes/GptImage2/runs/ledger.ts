import { createHash, randomUUID } from 'node:crypto';

import type { IContextObject, IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { keptImageSchema } from '../output/keptImages';

const entrySchema = z.object({
	hash: z.string(),
	idempotencyKey: z.string(),
	attempt: z.number().int(),
	clientRef: z.string(),
	/** When the attempt began, in milliseconds since 1970; 0 where an older version wrote the entry. */
	startedAt: z.number().default(0),
	runId: z.string().nullable(),
	/** Whether a create was sent and it is unknown whether it was accepted. */
	uncertain: z.boolean(),
	/** The callback URL that the create was sent with; the same key needs the same body. */
	callbackUrl: z.string().nullable().default(null),
	/** The URLs of the uploaded images that the create was sent with, by fingerprint, for the same reason. */
	uploadUrls: z.record(z.string()).default({}),
	keptImages: z.array(keptImageSchema).default([]),
});

/** What the ledger remembers of one item: the latest attempt to pay for its images. */
export type LedgerEntry = z.infer<typeof entrySchema>;

/** What an entry is about. */
export interface LedgerSubject {
	itemIndex: number;
	/** Everything that is requested of the API, without what the node adds itself. Its hash tells a changed request from the same one. */
	request: object;
	/** The user's own reference, null where the ledger makes one. */
	clientRef: string | null;
}

const contextKey = 'ledger';

/**
 * Remembers keys and run ids of this node in its context, which n8n saves with the execution and
 * copies into a retry. So a second try, Retry On Fail or n8n's Retry, continues what is paid for.
 */
export class Ledger {
	private constructor(
		private readonly entries: Record<string, unknown>,
		private readonly owner: string,
		private readonly runIndex: number,
	) {}

	/** The ledger of the node that runs in `context`, kept apart for each run index (loops). */
	static of(context: IExecuteFunctions): Ledger {
		const stored: IContextObject = context.getContext('node');
		const entries = z.record(z.unknown()).catch({}).parse(stored[contextKey]);
		stored[contextKey] = entries;
		const { $runIndex } = context.getWorkflowDataProxy(0);
		const owner = [
			context.getWorkflow().id ?? 'unsaved',
			context.getExecutionId(),
			context.getNode().id,
		].join(':');
		return new Ledger(entries, owner, z.number().catch(0).parse($runIndex));
	}

	/**
	 * The entry for an item: the recorded one while its request is the same, else a new one with a key
	 * and a reference that were never used.
	 */
	entryFor(subject: LedgerSubject): LedgerEntry {
		const known = this.find(subject.itemIndex);
		return known?.hash === hashOf(subject) ? known : this.renew(subject);
	}

	/** Starts the next attempt at an item, because the last one can no longer lead to images. */
	renew(subject: LedgerSubject): LedgerEntry {
		const { itemIndex } = subject;
		const attempt = (this.find(itemIndex)?.attempt ?? 0) + 1;
		return this.write(itemIndex, {
			hash: hashOf(subject),
			idempotencyKey: randomUUID(),
			attempt,
			clientRef: subject.clientRef ?? `n8n:${this.owner}:${this.runIndex}.${itemIndex}.${attempt}`,
			startedAt: Date.now(),
			runId: null,
			uncertain: false,
			callbackUrl: null,
			uploadUrls: {},
			keptImages: [],
		});
	}

	/** Records what changed and returns the entry as it is now. */
	update(itemIndex: number, entry: LedgerEntry, change: Partial<LedgerEntry>): LedgerEntry {
		return this.write(itemIndex, { ...entry, ...change });
	}

	/** Whether a run of this item is known, so it is paid for or still pending. */
	hasRun(itemIndex: number): boolean {
		return typeof this.find(itemIndex)?.runId === 'string';
	}

	/** Whether a run is known to belong to another item than this one. */
	isOfAnother(itemIndex: number, runId: string): boolean {
		return Object.entries(this.entries).some(
			([key, entry]) =>
				key !== this.keyOf(itemIndex) && entrySchema.safeParse(entry).data?.runId === runId,
		);
	}

	/** The recorded entry of an item, null where there is none. */
	find(itemIndex: number): LedgerEntry | null {
		return entrySchema
			.nullable()
			.catch(null)
			.parse(this.entries[this.keyOf(itemIndex)] ?? null);
	}

	private write(itemIndex: number, entry: LedgerEntry): LedgerEntry {
		this.entries[this.keyOf(itemIndex)] = entry;
		return entry;
	}

	private keyOf(itemIndex: number): string {
		return `${this.runIndex}.${itemIndex}`;
	}
}

function hashOf({ request, clientRef }: LedgerSubject): string {
	return createHash('sha256')
		.update(JSON.stringify([request, clientRef]))
		.digest('hex');
}
