import { z } from 'zod/v3';

/** How the body of a refused request may look: flat as ERR documents it, nested (SDK), or as `detail` (SKILL). */
const errorShape = z.enum(['flat', 'nested', 'detail']);

const pixels = z.object({ width: z.number().int(), height: z.number().int() });

/** Where what a create answers, and what a run says, may differ from what this package assumes. */
const ofRuns = {
	/** The HTTP status of a create that was accepted (SKILL, BATCH-C). */
	createdStatus: z.number().int().default(201),
	/** Whether a create answers `id` and `status_code`, or `run_id` and `status` (TPL, ADC). */
	createdNames: z.enum(['documented', 'short']).default('documented'),
	/** How the status of a run that is worked on is spelled (RUNS). */
	runningStatus: z.string().default('running'),
	/** Whether a run names its end as documented (RUN-C), or `finished_at` (SDK). */
	runNames: z.enum(['documented', 'sdk']).default('documented'),
	/** Whether a run names its failure as documented (RUN-C), or `error` (SDK). */
	failureNames: z.enum(['documented', 'sdk']).default('documented'),
	/** Whether the cost is text, as documented (RUN-C), or a number. */
	costAs: z.enum(['text', 'number']).default('text'),
	/** Whether a picture's price depends on its quality (SITE), or is that of high quality (SEED). */
	prices: z.enum(['tiers', 'flat']).default('tiers'),
	/** The price of a picture in high quality, in dollars (SEED). */
	highPrice: z.number().default(0.133),
	/** Whether a picture with more pixels costs more; sources name one price (SEED, SITE). */
	priceGrowsWithSize: z.boolean().default(false),
	/** Whether failed runs cost as much as others (PRICE). */
	billsFailures: z.boolean().default(false),
	/** Whether a run that is free costs '0', or null like one whose cost isn't known yet (RUN-C). */
	namesFreeCost: z.boolean().default(false),
	/** Where the images of an output are: the documented list (SEED), or as in the examples of LLMS and CB. */
	outputShape: z.enum(['outputs', 'images', 'image_urls']).default('outputs'),
	/** Whether an image has its pixels beside its URL (SDK). */
	hasImageSizes: z.boolean().default(true),
	/** Whether a run in sync mode keeps its output (SEED). */
	keepsSyncOutput: z.boolean().default(false),
	/** The pixels of presets, where they are others than the simulator's own. */
	presetPixels: z.record(pixels).default({}),
	/** The pixels by which an image is wider than a custom size asks for. */
	customSizeOff: z.number().int().default(0),
	/** Whether a run shows its `client_ref` as it was sent (RUN-C). */
	showsClientRef: z.boolean().default(true),
	/** Whether a run shows its metadata as they were sent (RUN-C). */
	keepsMetadata: z.boolean().default(true),
	/** Whether a run shows the data URIs of its input, which SDK says become references. */
	keepsDataUris: z.boolean().default(false),
	/** Whether models accept data URIs (SDK). */
	acceptsDataUris: z.boolean().default(true),
	/** Whether models accept the presigned URL of an upload (TPL, ADC). */
	acceptsUploads: z.boolean().default(true),
	/** Where a mask has an image edited: where it is white (SDK), where it is black, or everywhere. */
	maskEdits: z.enum(['white', 'black', 'all']).default('white'),
	/** What a create with a known Idempotency-Key and the same body answers (BATCH-C). */
	replayAnswer: z.enum(['run', 'conflict']).default('run'),
	/** Whether a known key with another body is a conflict (BATCH-C), or the first run once more. */
	refusesOtherBody: z.boolean().default(true),
};

/** Where lists and other reads may differ. */
const ofReads = {
	/** Under which name a list has its runs (RUN-L). */
	listKey: z.enum(['items', 'runs']).default('items'),
	/** Under which name a list has its next page (RUN-L, REQ). */
	pagingKey: z.enum(['next', 'next_pq']).default('next'),
	/** Whether the cursor of the next page leads to the first one. */
	pagesRepeat: z.boolean().default(false),
	/** Whether `fields` is followed (REQ, TPL), ignored, or refused. */
	listFields: z.enum(['followed', 'ignored', 'refused']).default('followed'),
	/** The same for the filter `q` (REQ, ADC). */
	listFilter: z.enum(['followed', 'ignored', 'refused']).default('followed'),
	/** Whether a list is sorted as `sort_by` says (REQ), or begins with the oldest. */
	sortsLists: z.boolean().default(true),
	/** The largest `limit` that is accepted (RUN-L). */
	largestLimit: z.number().int().default(500),
	/** The runs of a page for which `limit` asked for more than 200, with no next page (RUN-L); null for all. */
	mostOfLongPages: z.number().int().positive().nullable().default(null),
	/** Statuses in `GET /v1/runs/statuses` that no source knows (RUNS). */
	moreStatuses: z.array(z.string()).default([]),
	/** How `GET /v1/runs/statuses` spells a cancelled run (RUNS). */
	cancelledAs: z.enum(['cancelled', 'canceled']).default('cancelled'),
	/** The shape of errors, by their HTTP status (ERR). */
	errorShapes: z.record(errorShape).default({}),
	/** What HTTP statuses are answered in place of others (ERR). */
	errorStatuses: z.record(z.number().int()).default({}),
	/** How the balance is answered (PRICE, ADC). */
	balanceAs: z.enum(['cents', 'text', 'elsewhere']).default('cents'),
	/** Whether answers have `X-RateLimit-…` headers (RATE). */
	hasRateHeaders: z.boolean().default(false),
	/** How scopes are spelled (ADC). */
	scopeSeparator: z.enum([':', '.']).default(':'),
};

/** Where files, uploads and callbacks may differ. */
const ofTransfers = {
	/** Whether each read of a run signs its URLs anew (SDK). */
	signsRunsAnew: z.boolean().default(true),
	/** Whether each read of an asset signs its URL anew (UPLOAD). */
	signsAssetsAnew: z.boolean().default(true),
	/** How long the URL of an upload works, in milliseconds; null for as long as any other (ADC, TPL). */
	assetLifetime: z.number().positive().nullable().default(null),
	/** Whether a confirmation has the upload's URL (UPLOAD). */
	confirmsWithUrl: z.boolean().default(true),
	/** The HTTP status of an announced upload (UPLOAD). */
	announcedStatus: z.number().int().default(201),
	/** Whether a file is sent only to who has the key. */
	filesNeedKey: z.boolean().default(false),
	/** Waits between the attempts of a callback, in milliseconds (SEED). */
	retryGaps: z.array(z.number().min(0)).default([1000, 2000]),
	/** Whether a callback that is refused with 4xx is tried again (CB). */
	retriesRefusals: z.boolean().default(false),
	/** Whether callbacks have a `Runflow-Request-Id` (SEED). */
	sendsRequestId: z.boolean().default(true),
	/** The event of a run that succeeded (SEED). */
	completedEvent: z.string().default('run.completed'),
	/** What the callback of a failed run has as output: nothing (SEED), or an error envelope (CB). */
	failedOutput: z.enum(['null', 'envelope']).default('null'),
	/** How deliveries are listed (HIST). */
	deliveriesAs: z.enum(['list', 'page']).default('list'),
	/** Whether a redelivery answers with its delivery (REDEL). */
	answersRedelivery: z.boolean().default(true),
	/** Whether a redelivery sends what was sent first, not what the run says now (REDEL). */
	redeliversOldPayload: z.boolean().default(false),
};

/**
 * Settings with which the simulator disagrees with what this package assumes of the API, one assumption
 * each; `npm run live` has to notice every one of them.
 */
export const disagreementsSchema = z.object({ ...ofRuns, ...ofReads, ...ofTransfers });

/** The settings of this file. */
export type Disagreements = z.infer<typeof disagreementsSchema>;
