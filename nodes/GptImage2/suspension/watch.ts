import { sleep } from 'n8n-workflow';

import type { Batch } from '../runs/batch';
import { firstPending } from './pending';
import { readings } from './readings';
import { callResumeUrl, isOver } from './resumeUrl';
import type { Suspension } from './suspension';

const firstCallAfterMs = 1_000;
const longestGapMs = 60_000;

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
 * until the execution is saved, and Runflow does not repeat those callbacks (SEED), so the node calls
 * its own resume URL until it is accepted; after that it reads the runs now and then, and calls once
 * all have ended. Ends with the suspension. Never throws: nobody waits for it.
 */
export async function watch(batch: Batch, target: Watched): Promise<void> {
	const { id } = target.suspension;
	watched.add(id);
	if (await callUntilSaved(batch, target)) {
		await readUntilEnded(batch, target).catch(() => null);
	}
	watched.delete(id);
}

/**
 * Calls until n8n accepts a call; returns whether there is still something to wake. After a minute a
 * 409 means that the execution is over, not that it is still being saved.
 */
async function callUntilSaved(
	{ context }: Batch,
	{ deadline, suspension, url }: Watched,
): Promise<boolean> {
	for (let gapMs = firstCallAfterMs; Date.now() + gapMs < deadline; gapMs *= 2) {
		await sleep(Math.min(gapMs, longestGapMs));
		if (readings.isResumed(suspension.id)) return false;
		const call = { purpose: 'wake', suspensionId: suspension.id } as const;
		const answer = await callResumeUrl(context, url, call);
		const { httpStatus } = answer;
		const isSaving = httpStatus === 409 && gapMs < longestGapMs;
		if (isOver(answer) && !isSaving) return false;
		if (httpStatus !== null && httpStatus < 300) return true;
	}
	return false;
}

async function readUntilEnded(
	{ client, context }: Batch,
	{ deadline, expectsCallbacks, suspension, url }: Watched,
): Promise<void> {
	const { gapPerElapsed, shortestGapMs } = expectsCallbacks ? relaxed : brisk;
	const { id, runs, startedAt } = suspension;
	let position = 0;
	let probedAt = Date.now();
	for (;;) {
		const wantedGapMs = (Date.now() - startedAt) * gapPerElapsed;
		const gapMs = Math.min(Math.max(wantedGapMs, shortestGapMs), longestGapMs);
		if (Date.now() + gapMs >= deadline) return;
		await sleep(gapMs);
		if (readings.isResumed(id)) return;
		position = await firstPending(client, suspension, position).catch(() => position);
		const haveEnded = position === runs.length;
		if (!haveEnded && Date.now() - probedAt < probeEveryMs) continue;
		probedAt = Date.now();
		const purpose = haveEnded ? 'wake' : 'probe';
		if (isOver(await callResumeUrl(context, url, { purpose, suspensionId: id }))) return;
	}
}
