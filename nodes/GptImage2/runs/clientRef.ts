import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

import { readBeginning, writeBeginning, type Beginning } from './beginning';

const instanceLength = 12;
const requestLength = 16;

/** Whose a run is: a part that no other n8n shares, the workflow, and the node. */
export function nodeScopeOf(context: IExecuteFunctions): string {
	const instance = createHash('sha256').update(context.getInstanceId()).digest('hex');
	return [
		instance.slice(0, instanceLength),
		context.getWorkflow().id ?? 'unsaved',
		context.getNode().id,
	].join(':');
}

/** What a run is for, within the scope of its node. */
export interface RunPurpose {
	/** The hash of what shapes the image. */
	requestHash: string;
	executionId: string;
	/** By what the runs of an execution and of its retries are known. */
	beginning: Beginning;
	runIndex: number;
	itemIndex: number;
	attempt: number;
}

/** The `client_ref` by which the node finds a run again, at most 255 characters long (BATCH-C). */
export function makeClientRef(nodeScope: string, purpose: RunPurpose): string {
	const { attempt, executionId, itemIndex, requestHash, runIndex } = purpose;
	const hash = requestHash.slice(0, requestLength);
	const beginning = writeBeginning(purpose.beginning);
	const request = beginning === '' ? hash : `${hash}@${beginning}`;
	const place = `${runIndex}.${itemIndex}.${attempt}`;
	return ['n8n', nodeScope, request, executionId, place].join(':');
}

/** What a `client_ref` says of its run. */
export interface RunOrigin extends RunPurpose {
	nodeScope: string;
}

/** Reads a `client_ref` that a node made; null for any other. The hash in it is shortened. */
export function readClientRef(clientRef: string): RunOrigin | null {
	const [tag, ...parts] = clientRef.split(':');
	const [request = '', executionId = '', place = ''] = parts.slice(-3);
	const numbers = /^(\d+)\.(\d+)\.(\d+)$/.exec(place);
	if (tag !== 'n8n' || parts.length < 6 || numbers === null) return null;
	const [runIndex = 0, itemIndex = 0, attempt = 0] = numbers.slice(1).map(Number);
	const [requestHash = '', beginning = ''] = request.split('@');
	return {
		nodeScope: parts.slice(0, -3).join(':'),
		requestHash,
		executionId,
		beginning: readBeginning(beginning),
		runIndex,
		itemIndex,
		attempt,
	};
}

/** Whether a run was made from the same request, whatever node and execution it is of. */
export function hasSameHash({ requestHash }: RunOrigin, wanted: string): boolean {
	return requestHash === wanted.slice(0, requestLength);
}

/** Whether a run was started by this n8n. */
export function isOfSameInstance({ nodeScope }: RunOrigin, own: string): boolean {
	return nodeScope.slice(0, instanceLength) === own.slice(0, instanceLength);
}
