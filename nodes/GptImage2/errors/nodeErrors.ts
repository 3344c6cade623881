import { NodeApiError, NodeOperationError, type IDataObject, type INode } from 'n8n-workflow';
import { z } from 'zod/v3';

import {
	RunDeadlineError,
	RunFailedError,
	RunflowApiError,
	RunflowError,
} from '../../../runflow/errors';
import { explain } from './explanations';

/** An error as n8n shows it. */
export type NodeError = NodeApiError | NodeOperationError;

/** What is known of the payment for an item that failed. */
export interface Payment {
	/** The run that was started for it, null where there is none. */
	runId: string | null;
	/** The reference of a create without a clear answer, null where there is none. */
	unclearRef: string | null;
}

const nothingPaid: Payment = { runId: null, unclearRef: null };

const nullableText = z.string().nullable().catch(null);

/** What an error carries beside its words: in its context, and in the `details` of an error row. */
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

type ErrorDetails = z.infer<typeof errorDetailsSchema>;

/**
 * Turns whatever was thrown into an n8n error with the item, the code, and the run or the reference by
 * which it is found. What is an n8n error already stays the same error. Never throws.
 */
export function toNodeError(
	node: INode,
	error: unknown,
	itemIndex: number,
	payment: Payment = nothingPaid,
): NodeError {
	if (error instanceof RunflowError) return fromRunflowError(node, error, itemIndex, payment);
	const known = error instanceof NodeApiError || error instanceof NodeOperationError;
	const nodeError = known ? error : unexpected(node, error, payment);
	nodeError.context.itemIndex ??= itemIndex;
	if (payment.runId !== null || payment.unclearRef !== null) {
		addAdvice(nodeError, payment.runId === null ? maybeStarted : stillThere(payment.runId));
		addReference(nodeError, payment);
		addDetails(nodeError, { ...noDetails, ...nodeError.context, ...detailsOfPayment(payment) });
	}
	return nodeError;
}

/** Adds a sentence to what a user reads below the message. */
export function addAdvice(error: NodeError, advice: string): void {
	error.description = [error.description, advice].filter(Boolean).join(' ');
}

/** Adds ids and references to what an error carries beside its words. */
export function addDetails(error: NodeError, details: IDataObject): void {
	Object.assign(error.context, details);
}

const noDetails: ErrorDetails = { run_id: null, status: null, code: null, http_status: null };

const maybeStarted =
	'The run may have been started all the same. Retry this execution: it looks for that run before it starts another.';

function stillThere(runId: string): string {
	return `Run: ${runId}. It is not lost: retry this execution to continue with it; it is not paid for again.`;
}

function unexpected(node: INode, error: unknown, { runId }: Payment): NodeOperationError {
	return new NodeOperationError(
		node,
		runId === null
			? 'Something unexpected happened in the node'
			: `Something unexpected happened with run ${runId}`,
		{ description: error instanceof Error ? withFullStop(error.message) : '' },
	);
}

function withFullStop(sentence: string): string {
	return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

function fromRunflowError(
	node: INode,
	error: RunflowError,
	itemIndex: number,
	payment: Payment,
): NodeApiError {
	error.about(payment.runId);
	error.mayBePaid ||= payment.unclearRef !== null;
	const { message, description } = explain(error);
	const httpStatus = error instanceof RunflowApiError ? error.httpStatus : null;
	const nodeError = new NodeApiError(
		node,
		{ message, ...(httpStatus !== null && { status: httpStatus }) },
		{
			message,
			description,
			itemIndex,
			...(httpStatus !== null && { httpCode: String(httpStatus) }),
		},
	);
	addReference(nodeError, payment);
	addDetails(nodeError, {
		run_id: error.runId,
		status: runStatusOf(error),
		code: error.code,
		http_status: httpStatus,
		...(error instanceof RunFailedError && { failure: error.run.failure }),
		...(error.mayBePaid && { may_be_paid: true }),
		...(payment.unclearRef !== null && { client_ref: payment.unclearRef }),
	});
	return nodeError;
}

function addReference(error: NodeError, { unclearRef }: Payment): void {
	if (unclearRef === null || error.description?.includes(unclearRef)) return;
	addAdvice(error, `Its client reference: ${unclearRef}.`);
}

function detailsOfPayment({ runId, unclearRef }: Payment): IDataObject {
	return {
		...(runId !== null && { run_id: runId }),
		...(unclearRef !== null && { may_be_paid: true, client_ref: unclearRef }),
	};
}

function runStatusOf(error: RunflowError): string | null {
	if (error instanceof RunFailedError) return error.run.status;
	return error instanceof RunDeadlineError ? error.lastStatus : null;
}
