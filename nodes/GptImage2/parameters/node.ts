import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { longestPollSeconds, longestReuseHours, longestTimeoutSeconds } from '../fields/options';
import { awaitsLastNode } from './caller';
import { Parameters } from './reader';
import { secondsUpTo, wholeNumber } from './values';

const completionSchema = z.enum(['none', 'poll', 'suspend']);

/** What the node does after it has started its runs. */
export type Completion = z.infer<typeof completionSchema>;

/** How long runs are waited for unless 'Timeout' is set. */
export const defaultTimeoutSeconds: Readonly<Record<Completion, number>> = {
	none: 600,
	poll: 600,
	suspend: 3600,
};

/** The option 'Timeout', in seconds. */
export const timeoutSchema = secondsUpTo(longestTimeoutSeconds, '7 days');

/** The default poll interval, in seconds. */
const usualPollSeconds = 3;

/** The option 'Poll Interval', in seconds. */
export const pollIntervalSchema = secondsUpTo(longestPollSeconds, '1 hour').default(
	usualPollSeconds,
);

/** The option 'Reuse Earlier Runs', in hours. */
const reuseSchema = z
	.number({ invalid_type_error: 'must be a number' })
	.min(0, 'must be at least 0')
	.max(longestReuseHours, `must be at most ${longestReuseHours} hours (30 days)`)
	.default(0);

/** The options that apply to the whole node, under their saved names. */
export const nodeOptionsSchema = (completion: Completion) =>
	z.object({
		concurrency: wholeNumber(0).default(0),
		maxImages: wholeNumber(0).default(0),
		pollInterval: pollIntervalSchema,
		reuse: reuseSchema,
		timeout: timeoutSchema.default(defaultTimeoutSeconds[completion]),
	});

/** The settings that apply to the whole node. */
export interface NodeOptions {
	completion: Completion;
	/** How many runs may be pending at once; 0 for as many as the API accepts. */
	concurrency: number;
	/** How many images the node may pay for; 0 for no limit. */
	maxImages: number;
	pollSeconds: number;
	/** Whether reads may wait for a run's expected end, because the poll interval is the default. */
	isPaceLearnt: boolean;
	/** The maximum age of a run to take up instead of starting one, in hours; 0 for none. */
	reuseHours: number;
	timeoutSeconds: number;
}

/**
 * Reads the settings for the whole node, from the first item. If somebody waits for the node's output and
 * would mistake a suspension for its end, the node polls instead. Throws NodeOperationError that names the
 * field.
 */
export function readNodeOptions(context: IExecuteFunctions): NodeOptions {
	const parameters = new Parameters(context, 0);
	const chosen = parameters.read('completion', completionSchema, 'poll');
	const completion = chosen === 'suspend' && isAwaited(context) ? 'poll' : chosen;
	const {
		pollInterval: pollSeconds,
		reuse: reuseHours,
		timeout: timeoutSeconds,
		...options
	} = parameters.options(nodeOptionsSchema(completion));
	const isPaceLearnt = pollSeconds === usualPollSeconds;
	return { ...options, completion, isPaceLearnt, pollSeconds, reuseHours, timeoutSeconds };
}

/** Whether an agent, an evaluation or the caller of a webhook waits for the node's output. */
function isAwaited(context: IExecuteFunctions): boolean {
	return isTool(context) || context.getMode() === 'evaluation' || awaitsLastNode(context);
}

/**
 * Whether a failed item becomes an error row. Never for a tool of an agent, which has one item, and whose
 * failure is put into words for the model.
 */
export function continuesOnError(context: IExecuteFunctions): boolean {
	return context.continueOnFail() && !isTool(context);
}

/** Whether the node runs as a tool of an AI agent, by the suffix that n8n adds to its type. */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}
