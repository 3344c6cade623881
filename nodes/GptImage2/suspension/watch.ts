import { sleep } from 'n8n-workflow';

import { beganAt, partOfAge, type AgePart } from '../../../runflow/pace';
import type { Batch } from '../runs/batch';
import { liveSuspensions, type LiveSuspension } from './live';
import { readOnce } from './reading';
import { callResumeUrl, canReachItself } from './resumeUrl';
import type { Suspension } from './suspension';

/** The first reads come so soon after the suspension, since a callback that comes before n8n has saved it is lost. */
const firstReadsAtMs = [1_000, 2_000, 4_000];
const firstCallGapMs = 500;
const longestCallGapMs = 60_000;

/** A call that was accepted is not repeated sooner: another process may be downloading. */
const resumeTakesMs = 5_000;

/** How often a suspension is asked for while its runs are pending, so that a stopped execution is noticed. */
const probeEveryMs = 300_000;

/** The gap between two reads where callbacks are expected, so that reading is only there for one that gets lost. */
const relaxed: AgePart = { part: 0.25, shortestMs: 5_000, longestMs: 60_000 };

/** The same where no callback will come. */
const brisk: AgePart = { part: 0.1, shortestMs: 1_000, longestMs: 60_000 };

/** What the watch needs to know of a suspension. */
interface Watched {
	suspension: Suspension;
	/** The URL that wakes the execution. */
	url: string;
	/** When n8n ends the suspension, in milliseconds since 1970. */
	deadline: number;
	/** Whether Runflow calls back about every run. */
	expectsCallbacks: boolean;
}

/**
 * Wakes a suspended execution where callbacks don't, for as long as this process lives. n8n answers 409
 * until the execution is saved, and Runflow does not repeat those callbacks (SEED), so the runs are read
 * soon, and after that now and then; once all have ended, the node calls its own resume URL. Ends with the
 * suspension. Never throws: nobody waits for it.
 */
export async function watch(batch: Batch, target: Watched): Promise<void> {
	const live = liveSuspensions.of(target.suspension);
	live.isWatched = true;
	const haveEnded = await readUntilEnded(batch, target, live).catch(() => false);
	if (haveEnded) await callUntilWoken(batch, target, live);
	live.isWatched = false;
	live.end();
}

/** How long to wait before the runs of a suspension are read again, in milliseconds. */
function nextReadIn(ageMs: number, expectsCallbacks: boolean): number {
	const gapMs = partOfAge(ageMs, expectsCallbacks ? relaxed : brisk);
	const first = firstReadsAtMs.find((at) => ageMs < at);
	return first === undefined ? gapMs : Math.min(first - ageMs, gapMs);
}

/** Reads until all runs have ended; returns false where nothing is left to wake. */
async function readUntilEnded(
	{ client, context }: Batch,
	{ deadline, expectsCallbacks, suspension, url }: Watched,
	live: LiveSuspension,
): Promise<boolean> {
	const probe = async () =>
		await callResumeUrl(context, url, { purpose: 'probe', suspensionId: suspension.id });
	const ended = new Set<string>();
	const began = beganAt(suspension.startedAt);
	let probedAt = performance.now();
	for (;;) {
		const gapMs = nextReadIn(performance.now() - began, expectsCallbacks);
		if (Date.now() + gapMs >= deadline) return false;
		await sleep(gapMs);
		if (live.isResumed) return false;
		if (canReachItself() === null) await probe();
		const progress = await readOnce(client.once, suspension, 'status', ended);
		for (const runId of progress.ended) ended.add(runId);
		if (progress.pending.length + progress.unreadable.length === 0) return true;
		if (performance.now() - probedAt < probeEveryMs) continue;
		probedAt = performance.now();
		if ((await probe()).isOver) return false;
	}
}

/**
 * Calls until n8n accepts a call. It answers 409 while the execution is still being saved; after a minute
 * that means that it is over.
 */
async function callUntilWoken(
	{ context }: Batch,
	{ deadline, suspension: { id }, url }: Watched,
	live: LiveSuspension,
): Promise<void> {
	for (let gapMs = firstCallGapMs; Date.now() + gapMs < deadline; gapMs *= 2) {
		const call = { purpose: 'wake', suspensionId: id } as const;
		const { httpStatus, isOver } = await callResumeUrl(context, url, call);
		const isSaving = httpStatus === 409 && gapMs < longestCallGapMs;
		if (live.isResumed || (isOver && !isSaving)) return;
		const wasAccepted = httpStatus !== null && httpStatus < 300;
		await sleep(Math.min(wasAccepted ? Math.max(gapMs, resumeTakesMs) : gapMs, longestCallGapMs));
	}
}
