import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import type { Run } from '../../../runflow/run';
import type { RunEntry } from './entry';
import type { NodeExecution } from './reference';

const lifetimeMs = 86_400_000;
const mostRuns = 10_000;

/** How often Retry On Fail tries if the node doesn't say, and the maximum. */
const usualTries = 3;
const mostTries = 5;

/** A run that a failed node paid for, and the hash of its request. */
export interface PaidFor {
	runId: string;
	hash: string;
	/** When it was created, in milliseconds since 1970; null if unknown. */
	createdAt: number | null;
}

/** What this process knows about such a run. */
interface PaidRun extends PaidFor {
	scope: string;
	/** Whether an execution has taken it up or output it. */
	state: 'free' | 'taken' | 'output';
	/** Until when it is offered, in milliseconds since 1970. */
	until: number;
}

/** By node and run id, in the order in which they became known. */
const paidRuns = new Map<string, PaidRun>();

/** The runs that are free, by node and request. */
const freeRuns = new Map<string, Set<PaidRun>>();

/** Offers a run, for a day, to the next item that asks the node for the same, unless it has been output. */
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
 * Records that an item has a run, or has output it, so that nobody else takes it up. Returns whether it was
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

/** Returns the runs that were paid for when the node asked for the same, and that nobody has taken up. */
export function offeredRuns(scope: string, hash: string): PaidFor[] {
	return [...(freeRuns.get(`${scope} ${hash}`) ?? [])];
}

const failuresKey = 'failures';

/** How often the node has failed in a round of an execution, as recorded in its context. */
const failuresSchema = z.object({ round: z.string(), count: z.number() });

/**
 * Records that the node failed with these runs paid for but not output, in this process and for all others.
 * Does nothing if n8n tries the node again (Retry On Fail), because the next try continues with the runs;
 * if the node continues on errors, n8n does so only for `isFirst`, an error in the first row. Never throws.
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
	// A reused run has been output before, and only this execution has the images of sync mode.
	const lost = entries.filter(({ body, source }) => body === null && source !== 'reuse');
	for (const entry of lost) offer(scope, entry);
	await change(context, 'mark', idsOf(lost));
}

/**
 * Records that these runs are output, or taken until their execution resumes, in case the node has failed
 * with them before. Never throws.
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
 * Records that a run of a suspended node was output in full; otherwise offers the run. This only works
 * within this process, because n8n doesn't give webhooks access to its record.
 */
export function noteResumed(scope: string, run: PaidFor, isWhole: boolean): void {
	if (isWhole) take(scope, run.runId, 'output');
	else offer(scope, run);
}

const idsOf = (entries: RunEntry[]) => entries.map(({ runId }) => runId);

/** n8n's own record of what a node has processed, shared by all its processes. */
const record = { mode: 'entries' as const, maxEntries: mostRuns };

/** n8n reads the record, changes it and writes it back, so two concurrent changes would lose one. */
let turn: Promise<unknown> = Promise.resolve();

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
	const done = turn.then(work);
	turn = done.catch(() => null);
	return await done;
}

/** Never throws: without such a record, or without a saved workflow, only this process remembers. */
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
	// Two processes that create the record at the same moment interfere with each other.
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
 * Offers those of these runs that a failed node paid for, in any process, and that nobody has output. n8n
 * records whatever it is asked about, so that is undone. Never throws.
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
