import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { Run } from '../../../runflow/run';
import type { RunEntry } from './entry';
import type { NodeExecution } from './reference';

const lifetimeMs = 86_400_000;
const mostRuns = 10_000;

/** How often Retry On Fail tries, where the node doesn't say, and at most. */
const usualTries = 3;
const mostTries = 5;

/** A run that a failed node paid for, and the hash of the request that it is for. */
export interface PaidFor {
	runId: string;
	hash: string;
	/** When it was created, in milliseconds since 1970; null where that isn't known. */
	createdAt: number | null;
}

/** What this process knows of such a run. */
interface PaidRun extends PaidFor {
	scope: string;
	/** Whether an execution has taken it up, or output it. */
	state: 'free' | 'taken' | 'output';
	/** Until when it is offered, in milliseconds since 1970. */
	until: number;
}

/** By node and run id; the longest known first. */
const paidRuns = new Map<string, PaidRun>();

/** Those that are free, by node and request. */
const freeRuns = new Map<string, Set<PaidRun>>();

/** Offers a run to the next item that asks the node for the same, for a day, unless it was output. */
export function offer(scope: string, { createdAt, hash, runId }: PaidFor): void {
	const name = `${scope} ${runId}`;
	const known = paidRuns.get(name);
	if (known?.state === 'output') return;
	withdraw(known);
	const now = Date.now();
	for (const [oldest, run] of paidRuns) {
		if (run.until > now && paidRuns.size < mostRuns) break;
		paidRuns.delete(oldest);
		withdraw(run);
	}
	const run: PaidRun = { scope, runId, hash, createdAt, state: 'free', until: now + lifetimeMs };
	paidRuns.set(name, run);
	const key = `${scope} ${hash}`;
	freeRuns.set(key, (freeRuns.get(key) ?? new Set()).add(run));
}

/**
 * Notes that an item has a run, or has output it, so that nobody else takes it up. Returns whether it was
 * free.
 */
export function take(scope: string, runId: string, state: 'taken' | 'output' = 'taken'): boolean {
	const known = paidRuns.get(`${scope} ${runId}`);
	if (known === undefined || known.state === 'output') return false;
	const wasFree = known.state === 'free';
	known.state = state;
	withdraw(known);
	return wasFree;
}

function withdraw(run: PaidRun | undefined): void {
	if (run === undefined) return;
	const key = `${run.scope} ${run.hash}`;
	const free = freeRuns.get(key);
	free?.delete(run);
	if (free?.size === 0) freeRuns.delete(key);
}

/** The runs that were paid for when the node asked for the same, and that nobody has taken up. */
export function offeredRuns(scope: string, hash: string): PaidFor[] {
	return [...(freeRuns.get(`${scope} ${hash}`) ?? [])];
}

const failuresKey = 'failures';

/** How often the node failed in a round of an execution, as its context says. */
const failuresSchema = z.object({ round: z.string(), count: z.number() });

/**
 * Notes that the node failed, with these runs paid for and not output, in this process and for all others.
 * Not while n8n tries it again (Retry On Fail), which continues with them; where the node continues on
 * errors n8n does that only for `isFirst`, an error in the first row. Never throws.
 */
export async function noteFailure(
	context: IExecuteFunctions,
	{ executionId, runIndex, scope }: NodeExecution,
	{ entries, isFirst }: { entries: RunEntry[]; isFirst: boolean },
): Promise<void> {
	const nodeContext = context.getContext('node');
	const round = `${executionId}.${runIndex}`;
	const known = failuresSchema.safeParse(nodeContext[failuresKey]);
	const count = known.success && known.data.round === round ? known.data.count + 1 : 1;
	nodeContext[failuresKey] = { round, count };
	const { maxTries = usualTries, retryOnFail = false } = context.getNode();
	const isStopped = context.getExecutionCancelSignal()?.aborted ?? false;
	const isTriedAgain = retryOnFail && isFirst && count < Math.min(maxTries, mostTries);
	if (isTriedAgain && !isStopped) return;
	// A reused run was output before, and only this execution has the images of sync mode.
	const lost = entries.filter(({ body, source }) => body === null && source !== 'reuse');
	for (const entry of lost) offer(scope, entry);
	await change(context, 'mark', idsOf(lost));
}

/**
 * Notes that these runs are output, or taken until their execution resumes, in case the node had failed with
 * them before. Never throws.
 */
export async function noteOutput(
	context: IExecuteFunctions,
	{ scope }: NodeExecution,
	{ entries, state }: { entries: RunEntry[]; state: 'taken' | 'output' },
): Promise<void> {
	const hasFailed = context.getContext('node')[failuresKey] !== undefined;
	const marked = entries.filter(
		({ runId, source }) =>
			hasFailed || paidRuns.has(`${scope} ${runId}`) || source === 'undelivered',
	);
	for (const { runId } of marked) take(scope, runId, state);
	await change(context, 'unmark', idsOf(marked));
}

/**
 * Notes whether a run of a suspended node was output in full, or offers it. In this process alone, since n8n
 * gives its record to no webhook.
 */
export function noteResumed(scope: string, run: PaidFor, isWhole: boolean): void {
	if (isWhole) take(scope, run.runId, 'output');
	else offer(scope, run);
}

const idsOf = (entries: RunEntry[]) => entries.map(({ runId }) => runId);

/** n8n's own record of what a node has processed, which all its processes share. */
const record = { mode: 'entries' as const, maxEntries: mostRuns };

/** n8n reads the record, changes it and writes it, so two changes at once would lose one. */
let turn: Promise<unknown> = Promise.resolve();

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
	const done = turn.then(work);
	turn = done.catch(() => null);
	return await done;
}

/** Never throws: without such a record, or a saved workflow, this process remembers alone. */
async function change(
	{ helpers }: IExecuteFunctions,
	kind: 'mark' | 'unmark',
	runIds: string[],
): Promise<void> {
	if (runIds.length === 0) return;
	const once = async () =>
		kind === 'mark'
			? await helpers.checkProcessedAndRecord(runIds, 'node', record)
			: await helpers.removeProcessed(runIds, 'node', record);
	// Two processes that make the record at the same moment get in each other's way.
	await inTurn(async () => await once().catch(once)).catch(() => null);
}

/** Whether the node has failed in any execution with something paid for. Never throws. */
export async function hasMarks({ helpers }: IExecuteFunctions): Promise<boolean> {
	try {
		return (await helpers.getProcessedDataCount('node', record)) > 0;
	} catch {
		return false;
	}
}

/**
 * Offers those of these runs that a failed node paid for, in whatever process, and that nobody has output.
 * n8n notes whatever it is asked about, so that is undone. Never throws.
 */
export async function offerMarked(
	{ helpers }: IExecuteFunctions,
	scope: string,
	runs: Array<{ run: Run; hash: string }>,
): Promise<void> {
	const unknown = runs.filter(({ run }) => !paidRuns.has(`${scope} ${run.id}`));
	if (unknown.length === 0) return;
	const ids = unknown.map(({ run }) => run.id);
	const ask = async () => {
		const answer = await helpers.checkProcessedAndRecord(ids, 'node', record);
		if (answer.new.length > 0) await helpers.removeProcessed(answer.new, 'node', record);
		const marked = new Set(answer.processed.map(String));
		for (const { hash, run } of unknown) {
			const { createdAt, id: runId } = run;
			if (marked.has(runId)) offer(scope, { hash, runId, createdAt });
		}
	};
	await inTurn(ask).catch(() => null);
}
