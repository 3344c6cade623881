import {
	NodeOperationError,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
} from 'n8n-workflow';
import { z } from 'zod/v3';

import { errorDetailsSchema, type NodeError } from '../errors/nodeErrors';
import { isTool } from '../parameters/node';
import { Parameters } from '../parameters/reader';
import { toItems, type RunResult } from './items';

/**
 * The output of a run: items of the one shape or, if the node is a tool of an agent, what its model gets.
 */
export function outputOf(context: IExecuteFunctions, result: RunResult): INodeExecutionData[] {
	return isTool(context) ? [toToolItem(result)] : toItems(result);
}

/** What an agent's model gets about a run: a little json, no binary data, and the URL it can pass on. */
function toToolItem({ run, images, itemIndex, source }: RunResult): INodeExecutionData {
	const urls = images.flatMap(({ url }) => (url === null ? [] : [url]));
	const json: IDataObject = {
		status: run.status,
		run_id: run.id,
		url: urls[0] ?? null,
		...(urls.length > 1 && { urls }),
		cost: run.cost,
		...(source === 'reuse' && { reused: true }),
		...(run.failure && { failure: run.failure }),
	};
	return { json, pairedItem: { item: itemIndex } };
}

/**
 * Words a failure for a model: a sentence to act on. An agent gets it as a row, because an error would end
 * the agent. n8n's MCP Server Trigger flags only what a tool throws as an error, and shows only its
 * message, so in that case it throws NodeOperationError.
 */
export function toolFailure(context: IExecuteFunctions, error: NodeError): INodeExecutionData {
	const sentence = sentenceFor(error, startsRuns(context));
	if (!isCalledThroughMcp(context)) return { json: { error: sentence }, pairedItem: { item: 0 } };
	const flagged = new NodeOperationError(context.getNode(), 'The tool failed');
	flagged.message = sentence;
	throw flagged;
}

const callerSchema = z.object({ parentNode: z.object({ type: z.string() }) });

/**
 * Whether the node is a tool of an MCP Server Trigger. n8n reveals this only in a field for which there is
 * no method yet.
 */
function isCalledThroughMcp(context: IExecuteFunctions): boolean {
	const caller = callerSchema.safeParse(context);
	return caller.success && caller.data.parentNode.type.endsWith('.mcpTrigger');
}

/** Whether the node makes images; operations on existing runs are never paid for. */
function startsRuns(context: IExecuteFunctions): boolean {
	return new Parameters(context, 0).read('resource', z.unknown()) === 'image';
}

/** A model repeats what fails, so it is told not to if repeating could be paid for again. */
function sentenceFor({ message, description, context }: NodeError, maySpend: boolean): string {
	const { run_id, status, code, may_be_paid, client_ref } = errorDetailsSchema.parse(context);
	const isPending = run_id !== null && ((maySpend && status === null) || code === 'DEADLINE');
	const again = 'Do not call this tool again for the same image';
	if (isPending) {
		return `${message}. ${again}. The run continues and is paid for: read run ${run_id} later.`;
	}
	if (may_be_paid) {
		const reference = client_ref === undefined ? '' : ` by its client reference ${client_ref}`;
		return `${message}. ${again}: its run may have been started and paid for all the same. Look for the run later${reference}.`;
	}
	return [message, description].filter(Boolean).join('. ');
}
