import { createHash } from 'node:crypto';

import type { IExecuteFunctions } from 'n8n-workflow';

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
	runIndex: number;
	itemIndex: number;
	attempt: number;
}

/** The `client_ref` by which the node finds a run again, at most 255 characters long (BATCH-C). */
export function makeClientRef(nodeScope: string, purpose: RunPurpose): string {
	const { attempt, executionId, itemIndex, runIndex } = purpose;
	const place = `${runIndex}.${itemIndex}.${attempt}`;
	return [prefixOf(nodeScope, purpose), executionId, place].join(':');
}

/** Whether a `client_ref` is that of the same request of the same item, in whatever execution. */
export function isSamePurpose(
	clientRef: string,
	nodeScope: string,
	purpose: Omit<RunPurpose, 'attempt' | 'executionId'>,
): boolean {
	const prefix = `${prefixOf(nodeScope, purpose)}:`;
	if (!clientRef.startsWith(prefix)) return false;
	const place = clientRef.slice(prefix.length).split(':').at(-1) ?? '';
	return place.startsWith(`${purpose.runIndex}.${purpose.itemIndex}.`);
}

/** The execution and the run index that a `client_ref` of this node names; null for any other reference. */
export function readOrigin(
	clientRef: string,
	nodeScope: string,
): { executionId: string; runIndex: number } | null {
	const prefix = `n8n:${nodeScope}:`;
	if (!clientRef.startsWith(prefix)) return null;
	const [, executionId = '', place = ''] = clientRef.slice(prefix.length).split(':');
	return { executionId, runIndex: Number.parseInt(place, 10) };
}

/**
 * Whether a `client_ref` is that of the same request, of whatever workflow and node of this n8n, but of
 * another execution than `executionId`.
 */
export function isSameRequest(
	clientRef: string,
	nodeScope: string,
	{ executionId, requestHash }: Pick<RunPurpose, 'executionId' | 'requestHash'>,
): boolean {
	const parts = clientRef.split(':');
	const [tag, instance] = parts;
	const [hash, execution, place] = parts.slice(-3);
	return (
		parts.length >= 7 &&
		tag === 'n8n' &&
		instance === nodeScope.slice(0, instanceLength) &&
		hash === requestHash.slice(0, requestLength) &&
		execution !== executionId &&
		/^\d+\.\d+\.\d+$/.test(place ?? '')
	);
}

function prefixOf(nodeScope: string, { requestHash }: Pick<RunPurpose, 'requestHash'>): string {
	return `n8n:${nodeScope}:${requestHash.slice(0, requestLength)}`;
}
