import { sleep } from 'n8n-workflow';

import { beganAt, partOfAge, type AgePart } from '../../../runflow/pace';
import type { RunflowClient } from '../../../runflow/client';
import type { RequestContext } from '../credential';
import { isCheaperToRead } from './callers';
import { liveSuspensions, type LiveSuspension } from './live';
import { readOnce } from './reading';
import { callResumeUrl, canReachItself } from './resumeUrl';
import type { Suspension } from './suspension';

/**
 * The first reads come this soon after the suspension, because a callback that arrives before n8n has saved
 * it is lost.
 */
const firstReadsAtMs = [1_000, 2_000, 4_000];
const firstCallGapMs = 500;
const longestCallGapMs = 60_000;

/** How long to wait before repeating an accepted call, because another process may be downloading. */
const resumeTakesMs = 5_000;

/**
 * When n8n is asked whether a resumed execution is no longer suspended; each delay is counted from the
 * previous one.
 */
const looksAtEndAfterMs = [500, 1_000, 3_000];

/**
 * How long before the deadline the last read comes, as a fraction of the whole suspension, so that images
 * can still replace the run ids.
 */
const lastReadBefore: AgePart = { part: 0.25, shortestMs: 0, longestMs: 5_000 };

/** How late n8n itself may be in ending a suspension at its deadline. */
const deadlineLateMs = 90_000;

/**
 * How often to ask about a suspension while its runs are pending, so that a stopped execution is noticed.
 */
const probeEveryMs = 300_000;

/**
 * Gap between reads if callbacks are expected: a fraction of the suspension's age. The reads only make up
 * for a lost callback.
 */
const relaxed: AgePart = { part: 0.25, shortestMs: 5_000, longestMs: 60_000 };

/** The same if no callback will come. */
const brisk: AgePart = { part: 0.1, shortestMs: 1_000, longestMs: 60_000 };

/**
 * The same for many runs, of which few call back: the end of the last one is noticed within two seconds, or
 * a hundredth of its age.
 */
const ofMany = (ageMs: number): AgePart => ({
	part: 0.1,
	shortestMs: 700,
	longestMs: Math.max(2_000, ageMs / 100),
});

/**
 * The watcher's context holds as little as possible, because it is kept for as long as the suspension
 * lasts.
 */
export interface Watcher {
	client: RunflowClient;
	context: RequestContext;
	/** The URL that ends the alarm of the suspension; null if there is none. */
	alarmUrl: string | null;
}

/** What the watch needs to know about a suspension. */
interface Watched {
	suspension: Suspension;
	/** The URL that wakes the execution. */
	url: string;
}

/**
 * Wakes a suspended execution if callbacks don't, for as long as this process lives. n8n answers 409 until
 * the execution is saved, and Runflow does not repeat those callbacks (SEED), so the runs are read soon and
 * then from time to time. Once all have ended, the node calls its own resume URL. Ends with the suspension,
 * and then ends its alarm. Never throws, because nobody waits for it.
 */
export async function watch(watcher: Watcher, target: Watched): Promise<void> {
	const live = liveSuspensions.of(target.suspension);
	live.isWatched = true;
	const isOver = await watchUntilOver(watcher, target, live).catch(() => false);
	live.isWatched = false;
	await live.untilResumed();
	if (!isOver) await sleep(untilForgotten(target.suspension), live.over).catch(() => null);
	live.end();
	if (isOver) await endAlarm(watcher, target);
}

/** For how long calls may still resume a suspension that is no longer watched, in milliseconds. */
function untilForgotten({ deadline }: Suspension): number {
	return Math.max(0, deadline - Date.now()) + deadlineLateMs;
}

/**
 * Ends the alarm once n8n says that the execution is no longer suspended. Until then n8n may die, and only
 * the alarm would wake the execution. If n8n doesn't say so soon, the alarm finds out by itself.
 */
async function endAlarm(
	{ alarmUrl, context }: Watcher,
	{ suspension: { id }, url }: Watched,
): Promise<void> {
	if (alarmUrl === null) return;
	for (const afterMs of looksAtEndAfterMs) {
		await sleep(afterMs);
		const call = { purpose: 'probe', suspensionId: id } as const;
		if (!(await callResumeUrl(context, url, call)).isOver) continue;
		await callResumeUrl(context, alarmUrl, { ...call, purpose: 'wake' });
		return;
	}
}

/** Returns whether nothing was left to wake before the deadline. */
async function watchUntilOver(
	watcher: Watcher,
	target: Watched,
	live: LiveSuspension,
): Promise<boolean> {
	const found = await readUntilEnded(watcher, target, live);
	return found === 'ended' ? await callUntilWoken(watcher, target, live) : found === 'over';
}

/** How long to wait before the runs of a suspension are read again, in milliseconds. */
function nextReadIn(ageMs: number, { expectsCallbacks, runs }: Suspension): number {
	if (!expectsCallbacks && isCheaperToRead(runs.length)) return partOfAge(ageMs, ofMany(ageMs));
	const gapMs = partOfAge(ageMs, expectsCallbacks ? relaxed : brisk);
	const first = firstReadsAtMs.find((at) => ageMs < at);
	return first === undefined ? gapMs : Math.min(first - ageMs, gapMs);
}

/** Reads until all runs have ended, the suspension is over, or its deadline is near. */
async function readUntilEnded(
	{ client, context }: Watcher,
	{ suspension, url }: Watched,
	live: LiveSuspension,
): Promise<'ended' | 'late' | 'over'> {
	const probe = async () =>
		await callResumeUrl(context, url, { purpose: 'probe', suspensionId: suspension.id });
	const { deadline, startedAt } = suspension;
	const lastReadAt = deadline - partOfAge(deadline - startedAt, lastReadBefore);
	const ended = new Set<string>();
	const began = beganAt(startedAt);
	let probedAt = performance.now();
	for (;;) {
		const leftMs = lastReadAt - Date.now();
		if (leftMs <= 0) return 'late';
		const gapMs = Math.min(nextReadIn(performance.now() - began, suspension), leftMs);
		await sleep(gapMs, live.over).catch(() => null);
		if (live.isResumed) return 'over';
		if (canReachItself() === null) await probe();
		const progress = await readOnce(client.once, suspension, 'status', ended);
		for (const runId of progress.ended) ended.add(runId);
		if (progress.pending.length + progress.unreadable.length === 0) return 'ended';
		if (performance.now() - probedAt < probeEveryMs) continue;
		probedAt = performance.now();
		if ((await probe()).isOver) return 'over';
	}
}

/**
 * Calls until n8n accepts a call. n8n answers 409 while the execution is still being saved; after a minute,
 * 409 means that it is over. Returns whether it was over before the deadline.
 */
async function callUntilWoken(
	{ context }: Watcher,
	{ suspension: { deadline, id }, url }: Watched,
	live: LiveSuspension,
): Promise<boolean> {
	for (let gapMs = firstCallGapMs; Date.now() + gapMs < deadline; gapMs *= 2) {
		if (live.isResumed) return true;
		const call = { purpose: 'wake', suspensionId: id } as const;
		const { httpStatus, isOver } = await callResumeUrl(context, url, call);
		const isSaving = httpStatus === 409 && gapMs < longestCallGapMs;
		if (isOver && !isSaving) return true;
		const wasAccepted = httpStatus !== null && httpStatus < 300;
		const restMs = wasAccepted ? Math.max(gapMs, resumeTakesMs) : gapMs;
		await sleep(Math.min(restMs, longestCallGapMs), live.over).catch(() => null);
	}
	return false;
}
