import { isSameInput, isWholeInput, usualText } from '../../../runflow/sameInput';
import type { Run } from '../../../runflow/run';
import { mayDeliver } from '../../../runflow/status';
import { isReusable } from './matching';
import type { NodeExecution } from './reference';
import type { ImagePlan, Request } from './request';

/**
 * How far the clocks of n8n and of the API may differ when a run is identified only by the user's own
 * reference, which older runs may have as well.
 */
const clocksApartMs = 900_000;

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

const numbers = /(?<!\d)(\d+)(?!\d)/;

/**
 * Whether a reference is the user's own, even if it contains another execution's id, unless that id is
 * null. Any number may be the id, or begin or end with it, but only one other id may stand in its places.
 */
export function isSameOwnReference(
	reference: string,
	own: string,
	executionId: string | null,
): boolean {
	if (reference === own || executionId === null) return reference === own;
	const parts = own.split(numbers);
	const others = reference.split(numbers);
	if (parts.length !== others.length) return false;
	const ids = new Set<string | null>();
	for (const [index, part] of parts.entries()) {
		const other = others[index] ?? '';
		if (part !== other) ids.add(index % 2 === 1 ? otherId(other, part, executionId) : null);
	}
	return ids.size === 1 && !ids.has(null);
}

/** The id that a number has in place of the one at the end or beginning of its own; null for none. */
function otherId(number: string, own: string, id: string): string | null {
	const [before, after] = [own.slice(0, -id.length), own.slice(id.length)];
	const isAtEnd = own.endsWith(id) && number.startsWith(before);
	if (isAtEnd && number.length > before.length) return number.slice(before.length);
	const isAtStart = own.startsWith(id) && number.endsWith(after);
	return isAtStart && number.length > after.length ? number.slice(0, -after.length) : null;
}

/** Whether a run has the user's own reference and exactly the request's input, and can be reused. */
export function repeatsOwn(run: Run, { plan }: Request, reuseHours: number): boolean {
	const whole = wholeInputOf(plan);
	const isNamed = run.client_ref === plan.clientRef && isReusable(run, reuseHours);
	return isNamed && whole !== null && isWholeInput(whole, run.input);
}

/**
 * Whether nothing tells which of these runs belongs to which item: items share a reference of the user's
 * own and upload images, which the API doesn't show again.
 */
export function isAmbiguous(
	runs: Run[],
	request: Request,
	{ execution, requests }: { execution: NodeExecution; requests: Request[] },
): boolean {
	const { clientRef, input } = request.plan;
	if (clientRef === null || wholeInputOf(request.plan) !== null) return false;
	const continued = runs.filter((run) => continuesOwn(run, request, execution));
	if (continued.length !== 1) return continued.length > 1;
	return requests.some(
		({ plan, requestNumber }) =>
			requestNumber !== request.requestNumber &&
			plan.clientRef === clientRef &&
			isSameInput(plan.input, input),
	);
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
