import { N8N_NODES_API_VERSION, type INode, type INodeExecutionData } from 'n8n-workflow';

import { errorDetailsSchema, toNodeError, type Circumstances, type NodeError } from './nodeErrors';

/**
 * Returns the row for a failed item when the node continues on errors: why it failed, and the fields that
 * the row of a picture starts with.
 */
export function toErrorRow(
	node: INode,
	error: unknown,
	itemIndex: number,
	known?: Circumstances,
): INodeExecutionData {
	const { nodeError, row } = rowOf(node, error, itemIndex, known);
	return hasErrorOutput(node) ? withHiddenError(row, nodeError) : row;
}

/** A run, the item it belongs to, and why some of its images are missing. */
interface Incomplete {
	run: { id: string; prompt: string | null };
	itemIndex: number;
	failures?: Array<{ error: unknown }>;
}

/** Returns the rows for an item's images that failed while others succeeded. */
export function failureRows(
	node: INode,
	{ failures = [], itemIndex, run }: Incomplete,
): INodeExecutionData[] {
	const known = { runId: run.id, prompt: run.prompt };
	return failures.map(({ error }) => toErrorRow(node, error, itemIndex, known));
}

/**
 * Returns the row for a failed item of a suspended node. n8n copies what such a node outputs, and hidden
 * properties get lost in the copy, so n8n goes by the keys. Only these lead to an error output: `error` and
 * `details`, or `error` and `message` for an n8n that may not know `details`.
 */
export function toSuspendedErrorRow(
	node: INode,
	error: unknown,
	itemIndex: number,
	known?: Circumstances,
): INodeExecutionData {
	const { nodeError, row } = rowOf(node, error, itemIndex, known);
	if (!hasErrorOutput(node)) return row;
	const { message, description } = nodeError;
	const { details } = row.json;
	const rest = knowsDetails() ? { details } : { message: description ?? message };
	return { ...row, json: { error: message, ...rest } };
}

function rowOf(
	node: INode,
	error: unknown,
	itemIndex: number,
	known: Circumstances = {},
): { nodeError: NodeError; row: INodeExecutionData } {
	const nodeError = toNodeError(node, error, itemIndex, { place: 'row', ...known });
	const { context, message, description = null } = nodeError;
	const prompt = known.prompt ?? known.picture?.prompt ?? null;
	const channel = known.picture?.channel ?? null;
	const ofSize = channel === null ? {} : { channel };
	const details = { ...errorDetailsSchema.parse(context), prompt, ...ofSize, description };
	const begins = { error: message, prompt, status: 'failed', run_id: details.run_id, ...ofSize };
	const json = { ...begins, details };
	return { nodeError, row: { json, pairedItem: { item: itemIndex } } };
}

/** Whether the node sends error rows to an output of their own. */
export const hasErrorOutput = ({ onError }: INode) => onError === 'continueErrorOutput';

/**
 * Whether n8n is known to send rows with `details` to an error output. It does since 2.34.4, 2.35.2 and
 * 2.36, which can only be told by its version; every n8n that states its level of the node API (2.37.4, and
 * all from 2.39 on) is newer than that.
 */
const knowsDetails = () => N8N_NODES_API_VERSION !== undefined;

/**
 * An n8n that doesn't know `details` sends a row to the error output if it has `error` alone. The property
 * is hidden, so that the copy that arrives there lacks it, because n8n replaces the JSON of rows that have
 * one. It is writable, because n8n before 1.123 clears it.
 */
function withHiddenError(row: INodeExecutionData, error: NodeError): INodeExecutionData {
	return Object.defineProperty(row, 'error', { value: error, enumerable: false, writable: true });
}
