import { z } from 'zod/v3';

import type { RunRequest } from '../../../runflow/input';
import { runSources } from '../output/items';
import { keptImageSchema } from '../output/keptImages';

/** What was sent; it has already been checked. */
const bodySchema = z.custom<RunRequest>(
	(body) => typeof body === 'object' && body !== null && 'input' in body,
);

/** What is recorded about an attempt, however it ends. */
export const attemptSchema = z.object({
	hash: z.string(),
	sourceHash: z.string(),
	/** The number of this attempt at the item's images, counted from 1. */
	attempt: z.number().int(),
	idempotencyKey: z.string(),
	clientRef: z.string(),
	/** Whether the node made `clientRef`, so that it belongs to this run alone. */
	isOwnRef: z.boolean(),
	/** When the attempt began, in milliseconds since 1970. */
	startedAt: z.number(),
});

/** An attempt at an item's images. */
export type Attempt = z.infer<typeof attemptSchema>;

/** The latest attempt at an item's images, as stored in the ledger. */
export const entrySchema = z.discriminatedUnion('state', [
	/** Nothing was sent, or it was refused, so nothing can have been paid for. */
	attemptSchema.extend({ state: z.literal('new') }),
	/** The create was sent, but it is unknown whether it was accepted. */
	attemptSchema.extend({
		state: z.literal('sent'),
		/** What was sent: the same key needs the same body. */
		body: bodySchema,
		/** Whether the API said that it knows the key, although no run was found. */
		isDisputed: z.boolean(),
	}),
	/** A run exists. */
	attemptSchema.extend({
		state: z.literal('run'),
		runId: z.string(),
		source: z.enum(runSources),
		/** When it was created, in milliseconds since 1970; null if unknown. */
		createdAt: z.number().nullable(),
		/**
		 * The URL that Runflow calls when the run has ended; null if there is none, or if the run was found
		 * rather than created.
		 */
		callbackUrl: z.string().nullable(),
		/** What was sent, if only the answer to it has the images. */
		body: bodySchema.nullable(),
		keptImages: z.array(keptImageSchema),
		/** How many images are to be kept; 0 until one is kept. */
		imageCount: z.number().int(),
	}),
]);

/** What the ledger remembers of one item: its latest attempt. */
export type Entry = z.infer<typeof entrySchema>;

/** An attempt whose create has yet to be sent. */
export type NewEntry = Extract<Entry, { state: 'new' }>;

/** An attempt whose create got no clear answer. */
export type SentEntry = Extract<Entry, { state: 'sent' }>;

/** An attempt that led to a run. */
export type RunEntry = Extract<Entry, { state: 'run' }>;
