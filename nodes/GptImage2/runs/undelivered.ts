import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { RunEntry } from './entry';
import { readReference, type NodeExecution } from './reference';

const lifetimeMs = 86_400_000;
const mostRuns = 10_000;

/** How often Retry On Fail tries, where the node doesn't say, and at most. */
const usualTries = 3;
const mostTries = 5;

/** A run that was paid for and not output, and the request that it is for. */
interface PaidRun {
	key: string;
	until: number;
}

/** What a node paid for and failed before it could output it, as far as this process knows, by run id. */
const paidRuns = new Map<string, PaidRun>();
const idsByKey = new Map<string, Set<string>>();

const keyOf = (scope: string, hash: string) => `${scope} ${hash}`;

/** Remembers a run that a failed node paid for, for a day. */
export function remember(runId: string, scope: string, hash: string): void {
	forget(runId);
	const now = Date.now();
	for (const [oldest, { until }] of paidRuns) {
		if (until > now && paidRuns.size < mostRuns) break;
		forget(oldest);
	}
	const key = keyOf(scope, hash);
	paidRuns.set(runId, { key, until: now + lifetimeMs });
	idsByKey.set(key, (idsByKey.get(key) ?? new Set()).add(runId));
}

/** Forgets a run, because it was output, or because an item is taking it up. */
export function forget(runId: string): void {
	const known = paidRuns.get(runId);
	if (known === undefined) return;
	paidRuns.delete(runId);
	const ids = idsByKey.get(known.key);
	ids?.delete(runId);
	if (ids?.size === 0) idsByKey.delete(known.key);
}

/** The runs that were paid for when this node asked for the same, oldest first. */
export function rememberedIds(scope: string, hash: string): string[] {
	return [...(idsByKey.get(keyOf(scope, hash)) ?? [])];
}

/** n8n's own record of what a node has processed, which all its processes share. */
const record = { mode: 'entries' as const, maxEntries: 1_000 };

const contextKey = 'failures';

/** How often the node failed in an execution, as its context says. */
const failuresSchema = z.object({ executionId: z.string(), count: z.number() });

/**
 * Notes that the node failed with these runs paid for and not output: in this process by their ids, for the
 * others by the executions that started them. Not while Retry On Fail goes on, which takes them up. Never
 * throws.
 */
export async function noteFailure(
	context: IExecuteFunctions,
	{ executionId, scope }: NodeExecution,
	entries: RunEntry[],
): Promise<void> {
	const nodeContext = context.getContext('node');
	const known = failuresSchema.safeParse(nodeContext[contextKey]);
	const before = known.success && known.data.executionId === executionId ? known.data.count : 0;
	nodeContext[contextKey] = { executionId, count: before + 1 };
	const { maxTries = usualTries, retryOnFail = false } = context.getNode();
	if (retryOnFail && before + 1 < Math.min(maxTries, mostTries)) return;
	for (const { hash, runId } of entries) remember(runId, scope, hash);
	const executionIds = executionsOf(entries);
	if (executionIds.length === 0) return;
	try {
		await context.helpers.checkProcessedAndRecord(executionIds, 'node', record);
	} catch {
		// A workflow that isn't saved, or an n8n without such a record: this process remembers alone.
	}
}

/** Notes that these runs are output, in case the node had failed with them before. Never throws. */
export async function noteOutput(context: IExecuteFunctions, entries: RunEntry[]): Promise<void> {
	for (const { runId } of entries) forget(runId);
	if (context.getContext('node')[contextKey] === undefined) return;
	for (const executionId of executionsOf(entries)) await unmark(context, executionId);
}

/** The executions that started these runs, as far as their references say. */
function executionsOf(entries: RunEntry[]): string[] {
	const ids = entries.flatMap(({ clientRef }) => readReference(clientRef)?.executionId ?? []);
	return [...new Set(ids)];
}

/** Whether the node failed in any execution with something paid for. Never throws. */
export async function hasMarks(context: IExecuteFunctions): Promise<boolean> {
	return (await countMarks(context)) > 0;
}

/** Takes the mark of an execution away; returns whether it had one, which only one process is told. Never throws. */
export async function unmark(context: IExecuteFunctions, executionId: string): Promise<boolean> {
	try {
		const before = await countMarks(context);
		await context.helpers.removeProcessed([executionId], 'node', record);
		return (await countMarks(context)) < before;
	} catch {
		return false;
	}
}

async function countMarks(context: IExecuteFunctions): Promise<number> {
	try {
		return await context.helpers.getProcessedDataCount('node', record);
	} catch {
		return 0;
	}
}
