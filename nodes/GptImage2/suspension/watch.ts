import { sleep } from 'n8n-workflow';

import type { Batch } from '../runs/batch';
import { callers } from './callers';
import { progressOf, runsToRead } from './pending';
import { readings } from './readings';
import { callResumeUrl, canReachItself, isOver } from './resumeUrl';
import type { Suspension } from './suspension';

/** The first reads come so soon after the suspension, since a callback that comes before n8n has saved it is lost. */
const firstReadsAtMs = [1_000, 2_000, 4_000];
const firstCallGapMs = 500;
const longestGapMs = 60_000;

/** A call that was accepted is not repeated sooner: another process may be downloading. */
const resumeTakesMs = 5_000;

/** How often a suspension is asked for while its runs are pending, so that a stopped execution is noticed. */
const probeEveryMs = 300_000;

/** How often the runs are read: as a part of the time that passed since the suspension, and at least so late. */
interface Pace {
	gapPerElapsed: number;
	shortestGapMs: number;
}

/** Callbacks are expected, so reading is only there for one that gets lost. */
const relaxed: Pace = { gapPerElapsed: 0.25, shortestGapMs: 5_000 };

/** No callback will come. */
const brisk: Pace = { gapPerElapsed: 0.1, shortestGapMs: 1_000 };

/** What the watch needs to know of a suspension. */
export interface Watched {
	suspension: Suspension;
	/** The URL that wakes the execution. */
	url: string;
	/** When n8n ends the suspension, in milliseconds since 1970. */
	deadline: number;
	/** Whether Runflow calls back about every run. */
	expectsCallbacks: boolean;
}

/** The suspensions that this process watches, by id. */
const watched = new Set<string>();

/** Whether this process reads the runs of a suspension itself, so that nobody else has to. */
export function isWatched(suspensionId: string): boolean {
	return watched.has(suspensionId);
}

/**
 * Wakes a suspended execution where callbacks don't, for as long as this process lives. n8n answers 409
 * until the execution is saved, and Runflow does not repeat those callbacks (SEED), so the runs are read
 * soon, and after that now and then; once all have ended, the node calls its own resume URL. Ends with the
 * suspension. Never throws: nobody waits for it.
 */
export async function watch(batch: Batch, target: Watched): Promise<void> {
	const { id, runs } = target.suspension;
	watched.add(id);
	callers.expect(
		id,
		runs.map(({ runId }) => runId),
	);
	const haveEnded = await readUntilEnded(batch, target).catch(() => false);
	if (haveEnded) await callUntilWoken(batch, target);
	watched.delete(id);
	callers.forget(id);
}

/** How long to wait before the runs of a suspension are read again, in milliseconds. */
function nextGap(ageMs: number, expectsCallbacks: boolean): number {
	const { gapPerElapsed, shortestGapMs } = expectsCallbacks ? relaxed : brisk;
	const gapMs = Math.min(Math.max(ageMs * gapPerElapsed, shortestGapMs), longestGapMs);
	const first = firstReadsAtMs.find((at) => ageMs < at);
	return first === undefined ? gapMs : Math.min(first - ageMs, gapMs);
}

/** Reads until all runs have ended; returns false where nothing is left to wake. */
async function readUntilEnded(
	{ client, context }: Batch,
	{ deadline, expectsCallbacks, suspension, url }: Watched,
): Promise<boolean> {
	const { id, startedAt } = suspension;
	const ended = new Set<string>();
	let probedAt = Date.now();
	for (;;) {
		const gapMs = nextGap(Date.now() - startedAt, expectsCallbacks);
		if (Date.now() + gapMs >= deadline) return false;
		await sleep(gapMs);
		if (readings.isResumed(id)) return false;
		if (canReachItself() === null) {
			await callResumeUrl(context, url, { purpose: 'probe', suspensionId: id });
		}
		const read = await client.once.readRuns(runsToRead(suspension, ended), 'status');
		const { ended: nowEnded, pending, unreadable } = progressOf(read, suspension);
		for (const runId of nowEnded) ended.add(runId);
		if (pending.length + unreadable.length === 0) return true;
		if (Date.now() - probedAt < probeEveryMs) continue;
		probedAt = Date.now();
		if (isOver(await callResumeUrl(context, url, { purpose: 'probe', suspensionId: id }))) {
			return false;
		}
	}
}

/**
 * Calls until n8n accepts a call. It answers 409 while the execution is still being saved; after a minute
 * that means that it is over.
 */
async function callUntilWoken(
	{ context }: Batch,
	{ deadline, suspension: { id }, url }: Watched,
): Promise<void> {
	for (let gapMs = firstCallGapMs; Date.now() + gapMs < deadline; gapMs *= 2) {
		const answer = await callResumeUrl(context, url, { purpose: 'wake', suspensionId: id });
		const isSaving = answer.httpStatus === 409 && gapMs < longestGapMs;
		if (readings.isResumed(id) || (isOver(answer) && !isSaving)) return;
		const wasAccepted = answer.httpStatus !== null && answer.httpStatus < 300;
		await sleep(Math.min(wasAccepted ? Math.max(gapMs, resumeTakesMs) : gapMs, longestGapMs));
	}
}
