import {
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type INode,
	type INodeExecutionData,
} from 'n8n-workflow';

import {
	RunDeadlineError,
	RunFailedError,
	RunflowApiError,
	RunflowError,
} from '../../../runflow/errors';
import { explain } from './explanations';

/** An error as n8n shows it. */
export type NodeError = NodeApiError | NodeOperationError;

/**
 * Turns whatever was thrown into an n8n error with the item, the run id and the code. `paid` is a
 * last sentence about what the node has already paid for.
 */
export function toNodeError(node: INode, error: unknown, itemIndex: number, paid = ''): NodeError {
	if (error instanceof RunflowError) return fromRunflowError(node, error, itemIndex, paid);
	if (error instanceof NodeApiError || error instanceof NodeOperationError) {
		error.context.itemIndex = itemIndex;
		error.description = withPaid(error.description ?? '', paid);
		return error;
	}
	return new NodeOperationError(node, 'Unexpected error in the node', {
		itemIndex,
		description: withPaid(error instanceof Error ? error.message : '', paid),
	});
}

function fromRunflowError(
	node: INode,
	error: RunflowError,
	itemIndex: number,
	paid: string,
): NodeApiError {
	const { message, description } = explain(error);
	const details = detailsOf(error);
	const { http_status: httpStatus } = details;
	const nodeError = new NodeApiError(
		node,
		{ message, ...(httpStatus !== null && { status: httpStatus }) },
		{
			message,
			description: withPaid(description, paid),
			itemIndex,
			...(httpStatus !== null && { httpCode: String(httpStatus) }),
		},
	);
	Object.assign(nodeError.context, details);
	return nodeError;
}

/**
 * The row for a failed item when the node continues on errors. Its keys are the only ones with which
 * n8n sends a row to the error output.
 */
export function toErrorRow(node: INode, error: unknown, itemIndex: number): INodeExecutionData {
	const { message, description } = toNodeError(node, error, itemIndex);
	const details =
		error instanceof RunflowError
			? detailsOf(error)
			: { run_id: null, status: null, code: null, http_status: null };
	return {
		json: { error: message, details: { ...details, description: description ?? null } },
		pairedItem: { item: itemIndex },
	};
}

interface ErrorDetails extends IDataObject {
	run_id: string | null;
	status: string | null;
	code: string | null;
	http_status: number | null;
}

function detailsOf(error: RunflowError): ErrorDetails {
	return {
		run_id: error.runId,
		status: runStatusOf(error),
		code: error.code,
		http_status: error instanceof RunflowApiError ? error.httpStatus : null,
		...(error instanceof RunFailedError && { failure: error.run.failure }),
		...(error.mayBePaid && { may_be_paid: true }),
	};
}

function runStatusOf(error: RunflowError): string | null {
	if (error instanceof RunFailedError) return error.run.status;
	return error instanceof RunDeadlineError ? error.lastStatus : null;
}

function withPaid(description: string, paid: string): string {
	return [description, paid].filter((part) => part !== '').join(' ');
}
