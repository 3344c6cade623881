/**
 * The statuses that this package knows, in the order a run passes through them (RUNS, spelled as in
 * RUNS-old).
 */
export const runStatuses: readonly string[] = [
	'queued',
	'dispatching',
	'running',
	'succeeded',
	'partial_succeeded',
	'failed',
	'cancelled',
];

const terminalStatuses = new Set(['succeeded', 'partial_succeeded', 'failed', 'cancelled']);

const otherSpellings: ReadonlyMap<string, string> = new Map([
	['canceled', 'cancelled'],
	['errored', 'failed'],
	['timeout', 'failed'],
]);

/**
 * Converts a status, as spelled by any source, to this package's one spelling. RUNS-new and the SDK write
 * `canceled`; first-party scripts also use `errored` and `timeout`. An undocumented status is returned
 * unchanged.
 */
export function normalizeStatus(status: string): string {
	return otherSpellings.get(status) ?? status;
}

/** Whether a run with this normalized status will never change again (RUNS). */
export function isTerminal(status: string): boolean {
	return terminalStatuses.has(status);
}

/** Whether a run with this normalized status was paid for and delivered images (RUNS-new, PRICE). */
export function hasSucceeded(status: string): boolean {
	return status === 'succeeded' || status === 'partial_succeeded';
}

/**
 * Whether a run with this normalized status has images or may still get some, so that no other is started
 * in its place.
 */
export function mayDeliver(status: string): boolean {
	return !isTerminal(status) || hasSucceeded(status);
}

/** Whether this normalized status is documented. */
export function isKnownStatus(status: string): boolean {
	return runStatuses.includes(status);
}
