import type { IBinaryKeyData, IDataObject, INodeExecutionData } from 'n8n-workflow';

import { redact } from '../../../runflow/redact';
import type { Run } from '../../../runflow/run';
import { channelOf } from '../imageSizes';
import type { OutputOptions } from '../parameters/output';
import type { ImageFailure, ResultImage } from './images';
import { withoutResumeTokens } from './resumeTokens';

/**
 * Where the run of an item may come from: created for it, left by an execution that crashed or failed, or
 * reused.
 */
export const runSources = ['created', 'crash', 'undelivered', 'reuse'] as const;

export type RunSource = (typeof runSources)[number];

/** A run, its images, and how both become items. */
export interface RunResult {
	run: Run;
	images: ResultImage[];
	/** The images that could not be delivered, so that only an error is output for them. */
	failures?: ImageFailure[];
	/** How many images the run has, if not all of them are output. */
	imageCount?: number;
	/** Which input item it belongs to, counted from 0. */
	itemIndex: number;
	output: Pick<OutputOptions, 'binaryField' | 'includeRun' | 'output' | 'simplify'>;
	/** The channel or shape that was asked for; if unknown, the size tells the channel. */
	channel?: string | null;
	/** The callback's event; only the trigger has one. */
	event?: string | null;
	/** Where the run comes from, if the node makes images. */
	source?: RunSource;
	/** Whether it is output because the deadline of a suspended execution passed. */
	timedOut?: boolean;
}

/** Whether another execution started the run, so that nothing was paid for it in this one. */
export function isTakenUp({ source }: Pick<RunResult, 'source'>): boolean {
	return source === 'reuse' || source === 'undelivered';
}

/** Whether all images of the run could be delivered. */
export function isWhole({ failures = [] }: Pick<RunResult, 'failures'>): boolean {
	return failures.length === 0;
}

/**
 * Turns a run into items of the one shape: one item for each image, or one for the whole run. A run without
 * images is one item with `image_count` 0.
 */
export function toItems(result: RunResult): INodeExecutionData[] {
	const { images, output } = result;
	if (output.output === 'perRun') return [itemOf(result, null, images)];
	if (images.length === 0) return [itemOf(result, null, [])];
	return images.map((image) => itemOf(result, image, [image]));
}

function itemOf(
	result: RunResult,
	single: ResultImage | null,
	carried: ResultImage[],
): INodeExecutionData {
	const { run, images, output, itemIndex } = result;
	const whole: IDataObject = {
		run_id: run.id,
		status: run.status,
		event: result.event ?? null,
		prompt: run.prompt,
		image_index: single?.index ?? null,
		image_count: result.imageCount ?? images.length,
		url: single?.url ?? null,
		file_name: single?.fileName ?? null,
		mime_type: single?.mimeType ?? null,
		width: single?.width ?? null,
		height: single?.height ?? null,
		seed: asJson(run.seed),
		timing: asJson(run.timing),
		nsfw_detected: asJson(run.nsfw_detected),
		cost: run.cost,
		duration_ms: run.duration_ms,
		created_at: run.created_at,
		completed_at: run.completed_at,
		metadata: asJson(run.metadata, { depth: 0, isOwn: true }),
		client_ref: run.client_ref,
		failure: asJson(run.failure),
		reused: result.source === 'reuse',
		timed_out: result.timedOut ?? false,
		channel: result.channel ?? channelOf(run.input?.image_size),
		public_url: null,
	};
	const json = output.simplify ? simplified(whole) : whole;
	if (output.output === 'perRun') json.images = images.map(imageJson);
	if (output.includeRun) json.run = withoutResumeTokens(withoutDataUris(run.raw));

	const binary = binaryOf(carried, output.binaryField);
	return { json, ...(binary && { binary }), pairedItem: { item: itemIndex } };
}

/** The fields that people look for, which simplified items always have, in this order. */
const mainKeys = [
	...['prompt', 'status', 'file_name', 'width', 'height'],
	...['cost', 'url', 'run_id', 'image_index', 'image_count'],
];

/** The fields that simplified items have only if they say something. */
export const furtherKeys = ['channel', 'reused', 'timed_out', 'failure', 'metadata', 'event'];

function simplified(whole: IDataObject): IDataObject {
	const saysSomething = (value: unknown) =>
		Boolean(value) && (typeof value !== 'object' || Object.keys(value ?? {}).length > 0);
	const keys = [...mainKeys, ...furtherKeys.filter((key) => saysSomething(whole[key]))];
	return Object.fromEntries(keys.map((key) => [key, whole[key]]));
}

function imageJson({ index, url, fileName, mimeType, width, height }: ResultImage): IDataObject {
	return { index, url, file_name: fileName, mime_type: mimeType, width, height };
}

/** The first image under the field's name, the others under the name followed by `_1`, `_2`, … */
function binaryOf(images: ResultImage[], field: string): IBinaryKeyData | null {
	const entries = images.flatMap(({ binary }, position) =>
		binary ? [[position === 0 ? field : `${field}_${position}`, binary] as const] : [],
	);
	return entries.length > 0 ? Object.fromEntries(entries) : null;
}

/** Keys whose text is the user's own and stays unchanged, whatever it looks like. */
const ownTexts: ReadonlySet<string> = new Set(['metadata', 'prompt']);

const dataUri = /^data:(?:image\/|[^,]*;base64,)/i;

/** n8n can't save json that is nested much more deeply than this. */
const deepestJson = 100;

/**
 * Returns an answer of the API as item json. Every data URI in it becomes null, because base64 never stays
 * in json; what the user wrote is kept. Values nested too deeply for n8n also become null.
 */
export function withoutDataUris(answer: Record<string, unknown>): IDataObject {
	return jsonObject(answer, { depth: 0, isOwn: false });
}

/** The position of a value in an answer: how deep it is, and whether it is in something the user wrote. */
interface Place {
	depth: number;
	isOwn: boolean;
}

/** Returns a value of the API as item json, as `withoutDataUris` does. */
function asJson(value: unknown, place: Place = { depth: 0, isOwn: false }): IDataObject[string] {
	const { depth, isOwn } = place;
	if (typeof value === 'string') return isOwn ? value : withoutSecrets(value);
	if (typeof value === 'number') return Number.isFinite(value) ? value : null;
	if (typeof value === 'boolean') return value;
	if (typeof value !== 'object' || value === null || depth === deepestJson) return null;
	const inside = { depth: depth + 1, isOwn };
	if (!Array.isArray(value)) return jsonObject({ ...value }, inside);
	return value.map((part) => asJson(part, inside)) as IDataObject[];
}

function withoutSecrets(text: string): string | null {
	return dataUri.test(text.trimStart()) ? null : redact(text);
}

function jsonObject(object: Record<string, unknown>, { depth, isOwn }: Place): IDataObject {
	return Object.fromEntries(
		Object.entries(object).map(([key, value]) => [
			key,
			asJson(value, { depth, isOwn: isOwn || ownTexts.has(key) }),
		]),
	);
}
