import { z } from 'zod/v3';

import { filledTextIn, numericIn, objectIn, objectSchema, textIn, textOrNull } from './lenient';
import { imagesOf } from './outputImages';
import { redact, redactOrNull } from './redact';
import { isKnownStatus, normalizeStatus } from './status';

/**
 * Why a run failed; documented names first (ERR, RUN-C), then those in first-party code (SDK, TPL, ADC).
 * Errors quote it, so secrets in it are hidden.
 */
function failureOf(raw: Record<string, unknown>) {
	const error = objectIn(raw.error) ?? { message: raw.error };
	const code = redactOrNull(filledTextIn(raw.failure_code) ?? filledTextIn(error.code));
	const message = redactOrNull(
		filledTextIn(raw.failure_message) ??
			filledTextIn(error.message) ??
			filledTextIn(raw.failure_reason),
	);
	const stage = redactOrNull(
		filledTextIn(raw.failure_stage_code) ?? filledTextIn(raw.failure_stage),
	);
	return code === null && message === null && stage === null ? null : { code, message, stage };
}

/** A moment as the API writes it, in milliseconds since 1970; null for anything else. */
function momentOf(text: string | null): number | null {
	const moment = Date.parse(text ?? '');
	return Number.isNaN(moment) ? null : moment;
}

/** What a run says in addition to its id and status; null for what is missing or of another type. */
function detailsOf(raw: Record<string, unknown>) {
	const input = objectIn(raw.input);
	const output = objectIn(raw.output);
	const duration = numericIn(raw.duration_ms);
	const created_at = textIn(raw.created_at);
	const completed_at = textIn(raw.completed_at) ?? textIn(raw.finished_at);
	return {
		input,
		prompt: textIn(input?.prompt),
		images: imagesOf(raw.output),
		seed: output?.seed ?? null,
		timing: output?.timing ?? null,
		nsfw_detected: output?.nsfw_detected ?? null,
		/** In dollars. */
		cost: numericIn(raw.cost),
		duration_ms: duration === null ? null : Math.round(duration),
		created_at,
		completed_at,
		/** `created_at` and `completed_at` as milliseconds since 1970. */
		createdAt: momentOf(created_at),
		completedAt: momentOf(completed_at),
		metadata: objectIn(raw.metadata),
		client_ref: textIn(raw.client_ref),
		failure: failureOf(raw),
	};
}

/** Lists of hundreds of runs are read again and again, and most say no more than this about each run. */
const noDetails = detailsOf({});
const names: ReadonlySet<string> = new Set(['id', 'run_id', 'status', 'status_code']);
const isBrief = (raw: object) => Object.keys(raw).every((key) => names.has(key));

/** Reads a run; if its status is missing, `statusIfMissing` is used. */
const runSchemaWith = (statusIfMissing: string | null) =>
	objectSchema.transform((raw, context) => {
		const id = filledTextIn(raw.id) ?? filledTextIn(raw.run_id);
		const status = filledTextIn(raw.status_code) ?? filledTextIn(raw.status) ?? statusIfMissing;
		if (id === null || status === null) {
			const message = id === null ? 'no run id' : 'no status';
			context.addIssue({ code: z.ZodIssueCode.custom, message });
			return z.NEVER;
		}
		const details = isBrief(raw) ? noDetails : detailsOf(raw);
		return { id, ...details, ...endOf(normalizeStatus(status), details), raw };
	});

/**
 * The effective status and failure of a run. A run with an unknown status counts as ended if it says when
 * it ended or why it failed; the status then serves as the reason if there is no other. If it has images,
 * it counts as a success, so that it isn't paid for twice.
 */
function endOf(status: string, { completed_at, failure, images }: ReturnType<typeof detailsOf>) {
	const hasEnded = completed_at !== null || failure !== null;
	if (isKnownStatus(status) || !hasEnded) return { status, failure };
	if (images.length > 0) return { status: 'succeeded', failure };
	return {
		status: 'failed',
		failure: failure ?? { code: redact(status), message: null, stage: null },
	};
}

/**
 * A run as `GET /v1/runs/{id}` returns it (RUN-G), read leniently: only an id and a status are required,
 * under either name (TPL, ADC); anything else may be missing, null or of another type. The result is this
 * package's view of it; `raw` is the answer itself.
 */
export const runSchema = runSchemaWith(null);

/**
 * A run as `POST …/runs` returns it (RUN-C). It is paid for as soon as it has an id, so nothing else is
 * required; without a status it is queued.
 */
export const createdRunSchema = runSchemaWith('queued');

/** A run of which only the id is known, and when it was created, in milliseconds since 1970, or null. */
export function namedRun({ runId, createdAt }: { runId: string; createdAt: number | null }): Run {
	return { ...createdRunSchema.parse({ id: runId }), createdAt };
}

/** A run as the rest of this package sees it. */
export type Run = z.infer<typeof runSchema>;

/** The beginning of a `next` that is a URL; an opaque cursor such as `v1:abc` would also parse as one. */
const urlStart = /^(https?:\/\/|[/?])/i;

const anyBase = 'https://api.runflow.io';

/**
 * The cursor in a page's `next`: the cursor itself, or a URL, possibly relative, that carries it as `pq`
 * (REQ, RUN-L).
 */
function cursorIn(next: string | null): string | null {
	if (next === null || !urlStart.test(next) || !URL.canParse(next, anyBase)) return next;
	const cursor = new URL(next, anyBase).searchParams.get('pq');
	return cursor ?? (URL.canParse(next) ? null : next);
}

/**
 * One page of `GET /v1/runs`: `next_pq` by REQ, `next` by RUN-L. An item that can't be read as a run
 * becomes null, so that it doesn't hide the others.
 */
export const runListSchema = z
	.object({
		items: z.array(runSchema.nullable().catch(null)),
		next_pq: textOrNull,
		next: textOrNull,
	})
	.transform(({ items, next_pq, next }) => ({ items, cursor: next_pq ?? cursorIn(next) }));
