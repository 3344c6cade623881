import { z } from 'zod';

import { numberOrNull, objectOrNull, textOrNull } from './lenient';
import { normalizeStatus } from './status';

const imageSchema = z
	.union([
		z.string().transform((url) => ({ url, width: null, height: null })),
		z.object({ url: z.string(), width: numberOrNull, height: numberOrNull }),
	])
	.nullable()
	.catch(null);

/** One delivered image: its URL (https or data URI), and its size in pixels where the API says. */
export type RunImage = NonNullable<z.infer<typeof imageSchema>>;

const imageListKeys = ['outputs', 'images', 'image_urls', 'image'] as const;
const singleImageKeys = ['url', 'image_url', 'output_url', 'image'] as const;

/**
 * The images of an `output` object, in the API's order. `outputs` is the documented list (SEED);
 * the other keys appear in CB, LLMS, COMFY, ADC and TPL. Empty where nothing fits.
 */
function imagesOf(output: Record<string, unknown> | null): RunImage[] {
	if (output === null) return [];
	for (const key of imageListKeys) {
		const list = z.array(imageSchema).safeParse(output[key]);
		if (list.success && list.data.length > 0) {
			return list.data.filter((image): image is RunImage => image !== null);
		}
	}
	for (const key of singleImageKeys) {
		const image = imageSchema.parse(output[key] ?? null);
		if (image !== null) return [image];
	}
	return [];
}

const failureFields = z.object({
	failure_code: textOrNull,
	failure_message: textOrNull,
	failure_stage_code: textOrNull,
	failure_stage: textOrNull,
	error: z.object({ code: textOrNull, message: textOrNull }).nullish().catch(null),
});

/** Why a run failed; documented names first (ERR, RUN-C), the SDK's second (SDK). */
function failureOf(fields: z.infer<typeof failureFields>) {
	const code = fields.failure_code ?? fields.error?.code ?? null;
	const message = fields.failure_message ?? fields.error?.message ?? null;
	const stage = fields.failure_stage_code ?? fields.failure_stage;
	return code === null && message === null && stage === null ? null : { code, message, stage };
}

const runFields = failureFields.extend({
	id: z.string().optional(),
	run_id: z.string().optional(),
	status_code: z.string().optional(),
	status: z.string().optional(),
	input: objectOrNull,
	output: objectOrNull,
	duration_ms: numberOrNull,
	cost: z
		.union([z.string(), z.number().transform(String)])
		.nullish()
		.catch(null),
	created_at: textOrNull,
	completed_at: textOrNull,
	finished_at: textOrNull,
	metadata: objectOrNull,
	client_ref: textOrNull,
});

/**
 * A run as `POST …/runs` and `GET /v1/runs/{id}` answer it (RUN-C, RUN-G), read leniently: only an id
 * and a status are required, under either name (TPL, ADC); anything else may be missing or null.
 * Becomes this package's view of it; `raw` is the answer itself.
 */
export const runSchema = z.record(z.unknown()).transform((raw, context) => {
	const fields = runFields.safeParse(raw);
	const id = fields.data?.id ?? fields.data?.run_id;
	const status = fields.data?.status_code ?? fields.data?.status;
	if (!fields.success || id === undefined || status === undefined) {
		const message = id === undefined ? 'no run id' : 'no status';
		context.addIssue({ code: z.ZodIssueCode.custom, message });
		return z.NEVER;
	}
	const { input, output } = fields.data;
	return {
		id,
		status: normalizeStatus(status),
		input,
		prompt: typeof input?.prompt === 'string' ? input.prompt : null,
		images: imagesOf(output),
		seed: output?.seed ?? null,
		timing: output?.timing ?? null,
		nsfw_detected: output?.nsfw_detected ?? null,
		cost: fields.data.cost ?? null,
		duration_ms: fields.data.duration_ms,
		created_at: fields.data.created_at,
		completed_at: fields.data.completed_at ?? fields.data.finished_at,
		metadata: fields.data.metadata,
		client_ref: fields.data.client_ref,
		failure: failureOf(fields.data),
		raw,
	};
});

/** A run as the rest of this package sees it. */
export type Run = z.infer<typeof runSchema>;

/** The cursor in a page's `next`: the cursor itself, or a URL that has it as `pq` (REQ, RUN-L). */
function cursorIn(next: string | null): string | null {
	if (next === null || !URL.canParse(next)) return next;
	return new URL(next).searchParams.get('pq');
}

/**
 * One page of `GET /v1/runs`: `next_pq` by REQ, `next` by RUN-L. An item that can't be read as a run
 * becomes null, so that it can't hide the others.
 */
export const runListSchema = z
	.object({
		items: z.array(runSchema.nullable().catch(null)),
		next_pq: textOrNull,
		next: textOrNull,
	})
	.transform(({ items, next_pq, next }) => ({ items, cursor: next_pq ?? cursorIn(next) }));
