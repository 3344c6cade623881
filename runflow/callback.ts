import { z } from 'zod/v3';

import { filledTextOrNull } from './lenient';
import { runSchema } from './run';

/** The events of a run (SEED; `run.partial_succeeded` from CB), each with the status it announces. */
export const runEvents = {
	'run.cancelled': 'cancelled',
	'run.completed': 'succeeded',
	'run.failed': 'failed',
	'run.partial_succeeded': 'partial_succeeded',
} as const;

/** Returns the event for a terminal status; null for any other status. */
export function eventOf(status: string): string | null {
	return Object.entries(runEvents).find(([, announced]) => announced === status)?.[0] ?? null;
}

const errorEnvelope = z.object({ code: filledTextOrNull, message: filledTextOrNull });

/** Why a run failed, if its callback carries an error envelope instead of the output (CB). */
function failureIn(status: string, output: unknown): Record<string, unknown> {
	const envelope = errorEnvelope.safeParse(output);
	if (status !== 'failed' || !envelope.success) return {};
	const { code, message } = envelope.data;
	return { ...(code && { failure_code: code }), ...(message && { failure_message: message }) };
}

const callbackFields = z.object({
	event: z
		.string()
		.startsWith('run.')
		.transform((event) => (event === 'run.canceled' ? 'run.cancelled' : event)),
	run_id: z.string().min(1),
	status: filledTextOrNull,
});

/** The status that an event announces; for an undocumented event, the event's own name. */
function announcedBy(event: string): string {
	const known = Object.entries(runEvents).find(([name]) => name === event);
	return known?.[1] ?? event.replace(/^run\./, '');
}

/**
 * The body of a callback (SEED, CB), read leniently. The event of a run and a run id are required; the
 * status may be missing or in either spelling, and the output may be null or an error envelope. Unknown
 * fields are fine, but none of them replaces the documented `run_id` and `status`. The result is the event,
 * in one spelling, and as much of the run as the callback carries.
 */
const callbackSchema = z.record(z.unknown()).transform((raw, context) => {
	const body = callbackFields.safeParse(raw);
	if (!body.success) {
		context.addIssue({ code: z.ZodIssueCode.custom, message: 'not a callback of a run' });
		return z.NEVER;
	}
	const { event, run_id: id } = body.data;
	const status = body.data.status ?? announcedBy(event);
	const known = { ...raw, id, status_code: status, ...failureIn(status, raw.output) };
	return { event, run: { ...runSchema.parse(known), raw } };
});

/** A callback as the rest of this package sees it. */
export type Callback = z.infer<typeof callbackSchema>;

/**
 * Real callbacks nest only a few levels deep. Thousands of levels would overflow the stack of whatever
 * serializes the item as JSON.
 */
const deepestNesting = 100;

function nestsDeeperThan(levels: number, value: unknown): boolean {
	let level = [value];
	for (let depth = 0; depth <= levels && level.length > 0; depth++) {
		level = level.flatMap((inner) =>
			typeof inner === 'object' && inner !== null ? Object.values(inner) : [],
		);
	}
	return level.length > 0;
}

/** Reads the raw bytes of a callback; returns null for anything else, and for absurdly deep nesting. */
export function readCallback(body: Uint8Array): Callback | null {
	try {
		const content: unknown = JSON.parse(new TextDecoder().decode(body));
		if (nestsDeeperThan(deepestNesting, content)) return null;
		const parsed = callbackSchema.safeParse(content);
		return parsed.success ? parsed.data : null;
	} catch {
		return null;
	}
}

/** One delivery of a callback, as HIST lists it and REDEL returns it; passed on unchanged. */
export const deliverySchema = z.record(z.unknown());

const deliveredSchema = z.object({ status_code: z.literal('succeeded') });
const attemptsSchema = z.object({ attempts: z.array(z.object({ status_code: z.unknown() })) });

/** Whether a delivery was answered with 2xx, by its own status or by one of its attempts (HIST). */
export function wasDelivered(delivery: Delivery): boolean {
	const isAccepted = (httpStatus: unknown) => Number(httpStatus) >= 200 && Number(httpStatus) < 300;
	return deliveredSchema.safeParse(delivery).success || answersTo(delivery).some(isAccepted);
}

/** The statuses that the attempts of a delivery got as answers (HIST). */
export function answersTo(delivery: Delivery): unknown[] {
	const attempts = attemptsSchema.safeParse(delivery).data?.attempts ?? [];
	return attempts.map(({ status_code }) => status_code);
}

/** A delivery as the rest of this package sees it. */
export type Delivery = z.infer<typeof deliverySchema>;
