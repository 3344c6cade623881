import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { RunFilter } from '../../../runflow/filter';
import { normalizeStatus } from '../../../runflow/status';
import { runIdPattern, runIdProblem } from '../fields/runId';
import { defaultTimeoutSeconds, isTool, pollIntervalSchema, timeoutSchema } from './node';
import { outputOptionsSchema, simplifySchema, type OutputOptions } from './output';
import { Parameters } from './reader';
import { imageNumberSchema, positiveNumber, trimmedOrNull, wholeNumber } from './values';

/** n8n's value of a field whose content is chosen from a list or entered as an ID. */
const locatorSchema = z.object({ mode: z.string(), value: z.unknown() });

/** The content of such a field, or of the plain text field that it used to be. */
function contentOf(value: unknown): unknown {
	const locator = locatorSchema.safeParse(value);
	return (locator.success ? locator.data.value : value) ?? '';
}

const wholeRunId = new RegExp(`^${runIdPattern}$`);

/** The ID of a run, however it was entered. */
export const runIdSchema = z
	.unknown()
	.transform(contentOf)
	.pipe(
		z
			.string({ invalid_type_error: 'must be text' })
			.trim()
			.min(1, 'must not be empty')
			.toLowerCase()
			.regex(wholeRunId, runIdProblem),
	);

/** Whether a text is a complete run ID, with nothing around it. */
export function isRunId(text: string): boolean {
	return wholeRunId.test(text);
}

/** The options of `run` → `get`, under their saved names. */
export const getOptionsSchema = outputOptionsSchema.extend({
	imageNumber: imageNumberSchema,
	waitUntilFinished: z.boolean().default(false),
	pollInterval: pollIntervalSchema,
	timeout: timeoutSchema.default(defaultTimeoutSeconds.poll),
});

/** How a run is read. */
interface GetOptions {
	/** Which image of the run to output, counted from 1; 0 for all. */
	imageNumber: number;
	waitUntilFinished: boolean;
	pollSeconds: number;
	timeoutSeconds: number;
	output: OutputOptions;
}

/** How many hours back to look for missed callbacks: at most 30 days. */
const hoursSchema = positiveNumber.max(720, 'must be at most 720 hours (30 days)');

/** The options of `run` → `redeliverMissed`; saved workflows may have the hours there. */
export const missedOptionsSchema = z.object({ hours: hoursSchema.optional() });

const isoDate = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i;
const noDate = 'must be a date such as 2026-05-06T10:00:00';

/** The filters of `run` → `getMany`. */
export const filtersSchema = z.object({
	status: trimmedOrNull
		.refine((text) => text === null || /^\w+$/.test(text), 'must be a status such as succeeded')
		.transform((text) => (text === null ? null : normalizeStatus(text))),
	clientRef: trimmedOrNull.refine((text) => !text?.includes("'"), "must not contain '"),
	createdAfter: trimmedOrNull.refine((text) => text === null || isoDate.test(text), noDate),
	query: trimmedOrNull,
});

/** What `run` → `getMany` looks for; `limit` is Infinity for all. */
export interface RunSearch {
	filter: RunFilter;
	limit: number;
	output: OutputOptions;
}

/**
 * Returns the id of the run that an item names. Throws NodeOperationError for anything that can't be one.
 */
export function readRunId(context: IExecuteFunctions, itemIndex: number): string {
	return new Parameters(context, itemIndex).read('runId', runIdSchema);
}

/** How `run` → `get` reads its run. Throws NodeOperationError that names the option. */
export function readGetOptions(context: IExecuteFunctions, itemIndex: number): GetOptions {
	const parameters = new Parameters(context, itemIndex);
	const { imageNumber, pollInterval, timeout, waitUntilFinished, ...output } =
		parameters.options(getOptionsSchema);
	const simplify = parameters.read('simplify', simplifySchema, true);
	return {
		imageNumber,
		waitUntilFinished,
		pollSeconds: pollInterval,
		timeoutSeconds: timeout,
		output: { ...output, download: output.download && !isTool(context), simplify },
	};
}

/**
 * Returns how many hours back `run` → `redeliverMissed` looks. Throws NodeOperationError that names the
 * field.
 */
export function readMissedHours(context: IExecuteFunctions, itemIndex: number): number {
	const parameters = new Parameters(context, itemIndex);
	const { hours } = parameters.options(missedOptionsSchema);
	return hours ?? parameters.read('hours', hoursSchema, 24);
}

const momentSchema = z.object({
	createdAfter: z.number({ invalid_type_error: noDate }).nullable(),
});

/**
 * Converts a checked date to milliseconds since 1970. One without an offset is in the workflow's time zone,
 * which only n8n's expressions know.
 */
function momentOf(context: IExecuteFunctions, itemIndex: number, date: string | null): unknown {
	if (date === null) return null;
	return context.evaluateExpression(`{{ DateTime.fromISO('${date}').toMillis() }}`, itemIndex);
}

/** What `run` → `getMany` looks for. Throws NodeOperationError that names the field. */
export function readSearch(context: IExecuteFunctions, itemIndex: number): RunSearch {
	const parameters = new Parameters(context, itemIndex);
	const filters = parameters.check(filtersSchema, parameters.read('filters', z.unknown(), {}));
	const createdAfter = parameters.check(momentSchema, {
		createdAfter: momentOf(context, itemIndex, filters.createdAfter),
	});
	const filter = { ...filters, ...createdAfter };
	const simplify = parameters.read('simplify', simplifySchema, true);
	const output = { ...parameters.options(outputOptionsSchema), simplify };
	const all = parameters.read('returnAll', z.boolean(), false);
	const limit = all ? Infinity : parameters.read('limit', wholeNumber(1), 50);
	return { filter, limit, output };
}
