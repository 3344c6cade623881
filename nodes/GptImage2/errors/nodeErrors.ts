import {
	ExpressionError,
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type INode,
} from 'n8n-workflow';
import { z } from 'zod/v3';

import {
	RunDeadlineError,
	RunFailedError,
	RunflowApiError,
	RunflowError,
} from '../../../runflow/errors';
import { explain, withFullStop } from './explanations';
import type { Picture } from './picture';
import { wayOnWithReference, wayOnWithRun, type Place } from './wayOn';

/** An error as n8n shows it. */
export type NodeError = NodeApiError | NodeOperationError;

/** What is known about a failure besides the error itself. */
export interface Circumstances {
	/** The run that was started for the item; null if there is none. */
	runId?: string | null;
	/** The reference of a create that got no clear answer; null if there is none. */
	unclearRef?: string | null;
	/** The picture that the error is about. */
	picture?: Picture;
	/** The prompt of an image that is one of several, so that the error is about no picture as a whole. */
	prompt?: string | null;
	/** Where the error ends up; by default it is thrown. */
	place?: Place;
	/** Sentences to add to the error's own description. */
	advice?: string[];
	/** What the error carries besides its words. */
	details?: IDataObject;
}

const nullableText = z.string().nullable().catch(null);

/** What an error carries besides its words: in its context, and in the `details` of an error row. */
export const errorDetailsSchema = z.object({
	run_id: nullableText,
	status: nullableText,
	code: nullableText,
	http_status: z.number().nullable().catch(null),
	failure: z
		.object({ code: nullableText, message: nullableText, stage: nullableText })
		.nullable()
		.optional(),
	may_be_paid: z.boolean().optional(),
	client_ref: z.string().optional(),
	paid_runs: z.array(z.string()).optional(),
});

/**
 * Turns whatever was thrown into an n8n error with the item, null where all are meant, the code, and the run or the reference by
 * which it is found. What is an n8n error already, and says all that is known, stays the same error. Never
 * throws.
 */
export function toNodeError(
	node: INode,
	error: unknown,
	itemIndex: number | null,
	known: Circumstances = {},
): NodeError {
	if (error instanceof RunflowError) return fromRunflowError(node, error, itemIndex, known);
	const { runId = null, unclearRef = null, place = 'thrown', advice = [], details = {} } = known;
	const isPaid = runId !== null || unclearRef !== null;
	const context = {
		...(isPaid && { run_id: runId, status: null, code: null, http_status: null }),
		...(unclearRef !== null && { may_be_paid: true, client_ref: unclearRef }),
		...details,
	};
	const sentences = [
		runId !== null && `Run: ${runId}. It is not lost. ${wayOnWithRun(place)}`,
		runId === null && unclearRef !== null && wayOnWithReference(place, unclearRef),
		...advice,
	];
	const nodeError =
		error instanceof NodeApiError || error instanceof NodeOperationError
			? error
			: unexpected(node, error, runId);
	const hasItem = itemIndex === null || nodeError.context.itemIndex !== undefined;
	const isComplete = hasItem && !sentences.some(Boolean);
	if (isComplete && Object.keys(details).length === 0) return nodeError;
	const description = [nodeError.description, ...sentences].filter(Boolean).join(' ');
	const copy = copyOf(node, nodeError, description);
	const itemOfError: unknown = nodeError.context.itemIndex;
	const item = itemOfError ?? itemIndex;
	Object.assign(copy.context, nodeError.context, context, item !== null && { itemIndex: item });
	return copy;
}

function unexpected(node: INode, error: unknown, runId: string | null): NodeOperationError {
	if (error instanceof ExpressionError) {
		const description = error.description ?? 'Correct the expression.';
		return new NodeOperationError(node, error.message, { description });
	}
	return new NodeOperationError(
		node,
		runId === null
			? 'Something unexpected happened in the node'
			: `Something unexpected happened with run ${runId}`,
		{ description: error instanceof Error ? withFullStop(error.message) : '' },
	);
}

/** A copy of an n8n error with another description; the one that was thrown is not changed. */
function copyOf(node: INode, error: NodeError, description: string): NodeError {
	const { message } = error;
	if (!(error instanceof NodeApiError))
		return new NodeOperationError(node, message, { description });
	const httpCode = error.httpCode ?? undefined;
	return new NodeApiError(node, { message }, { message, description, httpCode });
}

function fromRunflowError(
	node: INode,
	thrown: RunflowError,
	itemIndex: number | null,
	known: Circumstances,
): NodeApiError {
	const { runId = null, unclearRef = null, place = 'thrown', advice = [], details = {} } = known;
	const error = thrown.about(runId);
	const { description, needsItem, message } = explain(error, place, known.picture);
	const httpStatus = error instanceof RunflowApiError ? error.httpStatus : null;
	const isUnnamed = unclearRef !== null && !description.includes(unclearRef);
	const sentences = [description, isUnnamed && wayOnWithReference(place, unclearRef), ...advice];
	const nodeError = new NodeApiError(
		node,
		{ message, ...(httpStatus !== null && { status: httpStatus }) },
		{
			message,
			description: sentences.filter(Boolean).join(' '),
			...(itemIndex !== null && (needsItem || place !== 'thrown') && { itemIndex }),
			...(httpStatus !== null && { httpCode: String(httpStatus) }),
		},
	);
	Object.assign(nodeError.context, {
		run_id: error.runId,
		status: runStatusOf(error),
		code: error.code,
		http_status: httpStatus,
		...(error instanceof RunFailedError && { failure: error.run.failure }),
		...(unclearRef !== null && { may_be_paid: true, client_ref: unclearRef }),
		...details,
	});
	return nodeError;
}

function runStatusOf(error: RunflowError): string | null {
	if (error instanceof RunFailedError) return error.run.status;
	return error instanceof RunDeadlineError ? error.lastStatus : null;
}
