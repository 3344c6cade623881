import { isSameInput, isWholeInput, usualText } from '../../../runflow/sameInput';
import type { Run } from '../../../runflow/run';
import { isTerminal, mayDeliver } from '../../../runflow/status';
import { instanceOf, type Beginning, type NodeExecution, type Reference } from './reference';
import type { ImagePlan, Request } from './request';

const hourMs = 3_600_000;

/** A run that is pending for longer is taken for stuck. */
const longestPendingMs = hourMs;

/** How far the clocks of n8n and of the API may be apart where nothing but a reference of the user's own names a run, which older runs may have as well. */
const clocksApartMs = hourMs / 4;

/** Whether two beginnings are those of one execution and its retries; null where n8n didn't say. */
export function isSameBeginning(one: Beginning, other: Beginning): boolean | null {
	if (one.establishedAt === null || other.establishedAt === null) return null;
	const isSameToken =
		one.tokenHash === null || other.tokenHash === null || one.tokenHash === other.tokenHash;
	return one.establishedAt === other.establishedAt && isSameToken;
}

/** What an item and the references of its runs have in common. */
type Place = Pick<Reference, 'hash' | 'requestNumber' | 'runIndex' | 'sourceHash'>;

/**
 * The keys under which an item of a retry looks for the run that the execution before left it, the
 * likeliest first. The item may have another index now, and the node another run index: n8n counts a run
 * of the node that it lost. What an item comes from counts in its place only, since other items may
 * come from the same.
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
 * The keys under which a run with this reference is offered to the items of a retry; none where another
 * execution started it. The reference has the hash of the request in it, which is proof enough: the API
 * may store the input in its own way. Where n8n doesn't say when an execution began, only its own place
 * in it is certain.
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

/** The keys under which an item looks for a run of an earlier execution to reuse: the one that it had itself, so that equal items keep their pictures, else any. */
export function keysOfRepeated(
	{ hash, requestNumber, runIndex }: Place,
	{ scope }: Pick<NodeExecution, 'scope'>,
): string[] {
	return [`${hash} of ${scope} ${runIndex}.${requestNumber}`, `${hash} of any`];
}

/** The keys under which a run with this reference is offered for reuse: that of an earlier execution, in whatever workflow and node of this n8n. */
export function keysToRepeat(
	reference: Reference,
	{ executionId, scope }: Pick<NodeExecution, 'executionId' | 'scope'>,
): string[] {
	const isOfThisN8n = instanceOf(reference.scope) === instanceOf(scope);
	if (!isOfThisN8n || reference.executionId === executionId) return [];
	return keysOfRepeated(reference, reference);
}

/**
 * The key of a run whose reference is the user's own, and under which an item with such a reference looks
 * for it; none without a reference. Numbers don't count: the id of the execution may be among them.
 */
export function keysOfOwn(reference: string | null, prompt: string | null): string[] {
	if (reference === null) return [];
	return [`${withoutNumbers(reference)} for ${usualText(prompt ?? '')}`];
}

/** A reference of the user's own without its numbers, one of which may be the id of the execution. */
export function withoutNumbers(reference: string): string {
	return reference.replace(/\d+/g, '#');
}

/** Whether a run with a reference of the user's own was started for the request, by whatever execution. */
export function isOwn(
	{ client_ref, input }: Run,
	{ plan }: Request,
	{ idInOwnReferences }: Pick<NodeExecution, 'idInOwnReferences'>,
): boolean {
	const isNamed = isSameOwnReference(client_ref ?? '', plan.clientRef ?? '', idInOwnReferences);
	return isNamed && isSameInput(comparableInputOf(plan), input);
}

/** Whether a run with a reference of the user's own may be what the execution that is retried started for the request. */
export function continuesOwn(run: Run, request: Request, execution: NodeExecution): boolean {
	const { beginning } = execution;
	const began = (beginning.establishedAt ?? 0) - clocksApartMs;
	const isNewEnough = (run.createdAt ?? Infinity) > began;
	return mayDeliver(run.status) && isNewEnough && isOwn(run, request, execution);
}

/** Whether a reference is the user's own, even if the id of another execution is in it, unless that is null. */
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

/** Whether a run has the user's own reference and exactly the input of the request, and can be reused. */
export function repeatsOwn(run: Run, { plan }: Request, reuseHours: number): boolean {
	const whole = wholeInputOf(plan);
	const isNamed = run.client_ref === plan.clientRef && isReusable(run, reuseHours);
	return isNamed && whole !== null && isWholeInput(whole, run.input);
}

/** As much of what is sent as input as the API shows again: all but images that are uploaded. */
export function comparableInputOf(plan: ImagePlan): object {
	return wholeInputOf(plan) ?? plan.input;
}

/** All that is sent as input; null where an image has no lasting URL, such as one that is uploaded. */
export function wholeInputOf({ input, inputImages }: ImagePlan): object | null {
	if (inputImages === null) return input;
	const { images, mask } = inputImages;
	const image_urls = images.flatMap((image) => ('url' in image ? image.url : []));
	const mask_url = mask !== null && 'url' in mask ? mask.url : null;
	if (image_urls.length < images.length || (mask !== null && mask_url === null)) return null;
	return { ...input, image_urls, ...(mask_url !== null && { mask_url }) };
}

/**
 * Whether a run of the last hours succeeded in full, or is pending and not stuck. One that delivered only
 * some of its images has not what the request asks for.
 */
export function isReusable({ createdAt, status }: Run, reuseHours: number): boolean {
	const ageMs = Date.now() - (createdAt ?? 0);
	if (ageMs >= reuseHours * hourMs) return false;
	return isTerminal(status) ? status === 'succeeded' : !isStuck({ createdAt, status });
}

/** Whether a run has been pending for so long that it won't end. */
export function isStuck({ createdAt, status }: Pick<Run, 'createdAt' | 'status'>): boolean {
	return !isTerminal(status) && createdAt !== null && Date.now() - createdAt >= longestPendingMs;
}

/**
 * Whether the execution that is retried started a run that may have images, in this round of the node.
 * Where n8n doesn't say when that began, all other executions count.
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
