import { isSameInput, isWholeInput, usualText } from '../../../runflow/sameInput';
import type { Run } from '../../../runflow/run';
import { isTerminal, mayDeliver } from '../../../runflow/status';
import { instanceOf, type Beginning, type NodeExecution, type Reference } from './reference';
import type { ImagePlan, Request } from './request';

const hourMs = 3_600_000;

/** A run that has been pending for longer is considered stuck. */
const longestPendingMs = hourMs;

/**
 * How far the clocks of n8n and of the API may differ when a run is identified only by the user's own
 * reference, which older runs may have as well.
 */
const clocksApartMs = hourMs / 4;

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
 * The key of a run whose reference is the user's own, under which an item with such a reference looks for
 * it; none without a reference. Numbers are ignored, because one of them may be the execution's id.
 */
export function keysOfOwn(reference: string | null, prompt: string | null): string[] {
	if (reference === null) return [];
	return [`${withoutNumbers(reference)} for ${usualText(prompt ?? '')}`];
}

/** The user's own reference without its numbers, one of which may be the execution's id. */
export function withoutNumbers(reference: string): string {
	return reference.replace(/\d+/g, '#');
}

/** Whether a run with the user's own reference was started for the request, in any execution. */
export function isOwn(
	{ client_ref, input }: Run,
	{ plan }: Request,
	{ idInOwnReferences }: Pick<NodeExecution, 'idInOwnReferences'>,
): boolean {
	const isNamed = isSameOwnReference(client_ref ?? '', plan.clientRef ?? '', idInOwnReferences);
	return isNamed && isSameInput(comparableInputOf(plan), input);
}

/**
 * Whether a run with the user's own reference may be the one that the retried execution started for the
 * request.
 */
export function continuesOwn(run: Run, request: Request, execution: NodeExecution): boolean {
	const { beginning } = execution;
	const began = (beginning.establishedAt ?? 0) - clocksApartMs;
	const isNewEnough = (run.createdAt ?? Infinity) > began;
	return mayDeliver(run.status) && isNewEnough && isOwn(run, request, execution);
}

/**
 * Whether a reference is the user's own, even if it contains another execution's id, unless that id is
 * null.
 */
export function isSameOwnReference(
	reference: string,
	own: string,
	executionId: string | null,
): boolean {
	if (reference === own || executionId === null) return reference === own;
	const parts = own.split(executionId);
	if (parts.length === 1) return false;
	const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	return new RegExp(`^${escaped.join('\\d+')}$`).test(reference);
}

/** Whether a run has the user's own reference and exactly the request's input, and can be reused. */
export function repeatsOwn(run: Run, { plan }: Request, reuseHours: number): boolean {
	const whole = wholeInputOf(plan);
	const isNamed = run.client_ref === plan.clientRef && isReusable(run, reuseHours);
	return isNamed && whole !== null && isWholeInput(whole, run.input);
}

/** The part of the sent input that the API shows again: everything but uploaded images. */
export function comparableInputOf(plan: ImagePlan): object {
	return wholeInputOf(plan) ?? plan.input;
}

/**
 * The whole input that is sent; null if an image has no lasting URL, for example because it is uploaded.
 */
export function wholeInputOf({ input, inputImages }: ImagePlan): object | null {
	if (inputImages === null) return input;
	const { images, mask } = inputImages;
	const image_urls = images.flatMap((image) => ('url' in image ? image.url : []));
	const mask_url = mask !== null && 'url' in mask ? mask.url : null;
	if (image_urls.length < images.length || (mask !== null && mask_url === null)) return null;
	return { ...input, image_urls, ...(mask_url !== null && { mask_url }) };
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
