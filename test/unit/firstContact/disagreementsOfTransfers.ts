import type { Case } from './trial';

/** Disagreements about pictures: where they are, how large, and what may be done with them. */
export const ofPictures: Case[] = [
	{
		name: 'files for the key only',
		settings: { filesNeedKey: true },
		red: 'picture',
		breaks: true,
	},
	{
		name: 'a general Content-Type',
		rule: { do: 'octet-stream-file', times: 0 },
		red: 'picture-type',
	},
	{
		name: 'URLs for an hour',
		settings: { urlLifetime: 3_600_000, assetLifetime: 259_200_000 },
		red: 'picture-url-life',
	},
	{ name: 'URLs that stay', settings: { signsRunsAnew: false }, red: 'signed-anew', breaks: true },
	{
		name: 'a preset of another ratio',
		settings: { presetPixels: { portrait_4_3: { width: 1024, height: 1536 } } },
		red: 'presets',
	},
	{ name: 'other pixels than asked for', settings: { customSizeOff: 16 }, red: 'custom-size' },
	{
		name: 'sync mode that does not wait',
		settings: { syncInline: false },
		red: 'sync-mode',
		breaks: true,
	},
	{ name: 'sync mode with a history', settings: { keepsSyncOutput: true }, red: 'sync-history' },
	{ name: 'ten pictures', settings: { maxImages: 10 }, red: 'num-images' },
	{ name: 'black masks', settings: { maskEdits: 'black' }, red: 'mask' },
	{ name: 'ignored masks', settings: { maskEdits: 'all' }, red: 'mask' },
];

/** Disagreements about uploads, and what an edit takes. */
export const ofUploads: Case[] = [
	{ name: 'an upload with 200', settings: { announcedStatus: 200 }, red: 'upload' },
	{
		name: 'no URL of an upload',
		settings: { confirmsWithUrl: false },
		red: 'upload-url',
		breaks: true,
	},
	{ name: 'uploads for a minute', settings: { assetLifetime: 60_000 }, red: 'asset-url-life' },
	{ name: 'asset URLs that stay', settings: { signsAssetsAnew: false }, red: 'asset-signed-anew' },
	{
		name: 'no uploads in edits',
		settings: { acceptsUploads: false },
		red: 'edit-upload',
		breaks: true,
	},
	{ name: 'no references in edits', settings: { assetReferences: false }, red: 'edit-reference' },
	{ name: 'no data URIs in edits', settings: { acceptsDataUris: false }, red: 'edit-data-uri' },
];

/** Disagreements about callbacks and their redelivery. */
export const ofCallbacks: Case[] = [
	{ name: 'no callbacks', rule: { do: 'omit-callback', times: 0 }, red: 'callback', breaks: true },
	{
		name: 'another event',
		settings: { completedEvent: 'run.succeeded' },
		red: 'callback-body',
		breaks: true,
	},
	{ name: 'no request id', settings: { sendsRequestId: false }, red: 'callback-headers' },
	{
		name: 'another signature',
		rule: { do: 'forge-callback', times: 0 },
		red: 'callback-signature',
		breaks: true,
	},
	{ name: 'no retries', settings: { retryGaps: [] }, red: 'callback-retry' },
	{ name: 'retries much later', settings: { retryGaps: [1_000, 40] }, red: 'callback-retry' },
	{ name: 'retries after 404', settings: { retriesRefusals: true }, red: 'callback-refused' },
	{
		name: 'an envelope of an error',
		settings: { failedOutput: 'envelope' },
		red: 'callback-failed',
	},
	{
		name: 'deliveries in pages',
		settings: { deliveriesAs: 'page' },
		red: 'deliveries',
		breaks: true,
	},
	{
		name: 'redeliveries without answer',
		settings: { answersRedelivery: false },
		red: 'redelivery',
	},
	{
		name: 'redeliveries of old',
		settings: { redeliversOldPayload: true },
		red: 'redelivery-fresh',
	},
];
