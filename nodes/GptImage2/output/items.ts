import type { IBinaryKeyData, IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { Run } from '../../../runflow/run';
import type { OutputOptions } from '../parameters/output';
import type { ResultImage } from './images';
import { withoutResumeTokens } from './resumeTokens';

/** A run, its images, and how both become items. */
export interface RunResult {
	run: Run;
	images: ResultImage[];
	/** Which input item it belongs to, counted from 0. */
	itemIndex: number;
	output: Pick<OutputOptions, 'binaryField' | 'includeRun' | 'output'>;
	/** The callback's event; only the trigger has one. */
	event?: string | null;
	/** Whether the deadline of a suspended execution outputs it. */
	timedOut?: boolean;
}

/**
 * Turns a run into items of the one shape: one for each image, or one for the whole run. A run
 * without images is one item with `image_count` 0.
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
	const json: IDataObject = {
		run_id: run.id,
		status: run.status,
		event: result.event ?? null,
		prompt: run.prompt,
		image_index: single?.index ?? null,
		image_count: images.length,
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
		metadata: asJson(run.metadata),
		client_ref: run.client_ref,
		failure: run.failure,
		timed_out: result.timedOut ?? false,
	};
	if (output.output === 'perRun') json.images = images.map(imageJson);
	if (output.includeRun) json.run = withoutResumeTokens(withoutDataUris(run.raw));

	const binary = binaryOf(carried, output.binaryField);
	return { json, ...(binary && { binary }), pairedItem: { item: itemIndex } };
}

function imageJson({ index, url, fileName, mimeType, width, height }: ResultImage): IDataObject {
	return { index, url, file_name: fileName, mime_type: mimeType, width, height };
}

/** The first image under the field's name, the others under the name with `_1`, `_2`, … */
function binaryOf(images: ResultImage[], field: string): IBinaryKeyData | null {
	const entries = images.flatMap(({ binary }, position) =>
		binary ? [[position === 0 ? field : `${field}_${position}`, binary] as const] : [],
	);
	return entries.length > 0 ? Object.fromEntries(entries) : null;
}

/** An answer of the API as item json, every data URI in it replaced by null. */
export function withoutDataUris(answer: Record<string, unknown>): IDataObject {
	return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, asJson(value)]));
}

/** A value of the API as item json; a data URI in it becomes null, because base64 never stays in json. */
function asJson(value: unknown): IDataObject[string] {
	if (typeof value === 'string') return value.startsWith('data:') ? null : value;
	if (typeof value === 'number' || typeof value === 'boolean') return value;
	if (Array.isArray(value)) return value.map(asJson) as IDataObject[];
	if (typeof value !== 'object' || value === null) return null;
	return withoutDataUris({ ...value });
}
