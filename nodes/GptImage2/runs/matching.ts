import type { Run } from '../../../runflow/run';
import { isTerminal, mayDeliver } from '../../../runflow/status';
import { instanceOf, type Beginning, type NodeExecution, type Reference } from './reference';

const hourMs = 3_600_000;

/** A run that has been pending for longer is considered stuck. */
const longestPendingMs = hourMs;

/** Whether two beginnings are those of the same execution and its retries; null if n8n didn't say. */
export function isSameBeginning(one: Beginning, other: Beginning): boolean | null {
	if (one.establishedAt === null || other.establishedAt === null) return null;
	const isSameToken =
		one.tokenHash === null || other.tokenHash === null || one.tokenHash === other.tokenHash;
	return one.establishedAt === other.establishedAt && isSameToken;
}

/** What an item and the references of its runs have in common. */
type Place = Pick<Reference, 'hash' | 'requestNumber' | 'runIndex' | 'sourceHash'>;

/**
 * The keys under which an item of a retry looks for the run that the previous execution left to it,
 * likeliest first. The item may now have another index, and the node another run index, because n8n counts
 * a run of the node that it lost. The source of an item counts only together with its place, because
 * several items may have the same source.
 */
export function keysOfContinued({ hash, requestNumber, runIndex, sourceHash }: Place): string[] {
	const ofSource = sourceHash === '' ? [] : [`${sourceHash} at ${runIndex}.${requestNumber}`];
	return [
		`${hash} in ${runIndex}.${requestNumber}`,
		...ofSource,
		`${hash} in *.${requestNumber}`,
		`${hash} in ${runIndex}.*`,
		`${hash} in *`,
	];
}

/**
 * The keys under which a run with this reference is offered to the items of a retry; none if another
 * execution started it. The hash of the request in the reference is sufficient proof, because the API may
 * store the input differently. If n8n doesn't say when an execution began, only the item's own place in it
 * is certain.
 */
export function keysToContinue(
	reference: Reference,
	{ beginning, scope }: Pick<NodeExecution, 'beginning' | 'scope'>,
): string[] {
	const isOfRetried = isSameBeginning(reference.beginning, beginning);
	if (reference.scope !== scope || isOfRetried === false) return [];
	const inPlace = / (in|at) \d+\.\d+$/;
	return keysOfContinued(reference).filter((key) => isOfRetried ?? inPlace.test(key));
}

/**
 * The keys under which an item looks for a run of an earlier execution to reuse: first its own, so that
 * equal items keep their pictures, then any.
 */
export function keysOfRepeated(
	{ hash, requestNumber, runIndex }: Place,
	{ scope }: Pick<NodeExecution, 'scope'>,
): string[] {
	return [`${hash} of ${scope} ${runIndex}.${requestNumber}`, `${hash} of any`];
}

/**
 * The keys under which a run with this reference is offered for reuse, if an earlier execution in any
 * workflow and node of this n8n started it.
 */
export function keysToRepeat(
	reference: Reference,
	{ executionId, scope }: Pick<NodeExecution, 'executionId' | 'scope'>,
): string[] {
	const isOfThisN8n = instanceOf(reference.scope) === instanceOf(scope);
	if (!isOfThisN8n || reference.executionId === executionId) return [];
	return keysOfRepeated(reference, reference);
}

/**
 * Whether a run of the last `reuseHours` succeeded in full, or is pending and not stuck. A run that
 * delivered only some of its images lacks what the request asks for.
 */
export function isReusable({ createdAt, status }: Run, reuseHours: number): boolean {
	const ageMs = Date.now() - (createdAt ?? 0);
	if (ageMs >= reuseHours * hourMs) return false;
	return isTerminal(status) ? status === 'succeeded' : !isStuck({ createdAt, status });
}

/** Whether a run has been pending for so long that it isn't expected to end. */
export function isStuck({ createdAt, status }: Pick<Run, 'createdAt' | 'status'>): boolean {
	return !isTerminal(status) && createdAt !== null && Date.now() - createdAt >= longestPendingMs;
}

/**
 * Whether the retried execution started a run that may have images, in this round of the node. If n8n
 * doesn't say when that execution began, all other executions qualify.
 */
export function mayBeLeftOver(
	{ status }: Run,
	reference: Reference,
	{ beginning, executionId, runIndex, scope }: NodeExecution,
): boolean {
	return (
		mayDeliver(status) &&
		reference.scope === scope &&
		reference.executionId !== executionId &&
		reference.runIndex === runIndex &&
		(isSameBeginning(reference.beginning, beginning) ?? beginning.establishedAt === null)
	);
}
