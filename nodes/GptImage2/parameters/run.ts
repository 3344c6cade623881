import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import type { RunFilter } from '../../../runflow/filter';
import { check, outputOptionsSchema, trimmedOrNull } from './image';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const runIdSchema = z.object({
	runId: z
		.string({ invalid_type_error: 'must be text' })
		.trim()
		.min(1, 'must not be empty')
		.regex(uuid, "must be a run ID such as '01970c11-2222-7333-8444-555566667777'"),
});

const getOptionsSchema = outputOptionsSchema.extend({
	waitUntilFinished: z.boolean().default(false),
	pollInterval: z.number().positive('must be greater than 0').default(3),
	timeout: z.number().positive('must be greater than 0').default(600),
});

/** How a run is got: `pollInterval` and `timeout` in seconds. */
export type GetOptions = z.infer<typeof getOptionsSchema>;

const filtersSchema = z.object({
	status: trimmedOrNull,
	clientRef: trimmedOrNull.refine((text) => !text?.includes("'"), "must not contain '"),
	createdAfter: trimmedOrNull
		.refine((text) => text === null || !Number.isNaN(Date.parse(text)), 'must be a date')
		.transform((text) => (text === null ? null : new Date(text).toISOString())),
	query: trimmedOrNull,
});

const limitSchema = z.object({
	limit: z.number().int('must be a whole number').min(1, 'must be at least 1'),
});

/** The id of the run that an item names. Throws NodeOperationError for what can't be one. */
export function readRunId(context: IExecuteFunctions, itemIndex: number): string {
	const runId = context.getNodeParameter('runId', itemIndex);
	return check(context, itemIndex, runIdSchema, { runId }).runId;
}

/** The options of `run` → `get`. */
export function readGetOptions(context: IExecuteFunctions, itemIndex: number): GetOptions {
	return check(
		context,
		itemIndex,
		getOptionsSchema,
		context.getNodeParameter('options', itemIndex, {}),
	);
}

/** What `run` → `getMany` looks for; `limit` is Infinity for all. */
export function readSearch(context: IExecuteFunctions, itemIndex: number) {
	const filter: RunFilter = check(
		context,
		itemIndex,
		filtersSchema,
		context.getNodeParameter('filters', itemIndex, {}),
	);
	const output = check(
		context,
		itemIndex,
		outputOptionsSchema,
		context.getNodeParameter('options', itemIndex, {}),
	);
	const all = context.getNodeParameter('returnAll', itemIndex, false) === true;
	const limit = all
		? Infinity
		: check(context, itemIndex, limitSchema, {
				limit: context.getNodeParameter('limit', itemIndex, 50),
			}).limit;
	return { filter, output: { ...output, download: false }, limit };
}
