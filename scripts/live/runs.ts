import { randomUUID } from 'node:crypto';

import { isPassing } from '../../runflow/retry';
import { hasSucceeded } from '../../runflow/status';
import { baseRun, hasRuns } from './baseRun';
import { NotTried } from './notTried';
import { ended, requestFor, UnusableRun, wordsOf, type TrialRun } from './oneRun';
import { ask, costOf, forget, othersOf, paidWords } from './spending';
import type { Stage } from './stage';
import { ownPresets, plannedRuns, type PlannedRun, type RunName } from './trialRuns';

const createTimeoutMs = 300_000;
const signal = new AbortController().signal;

/** Makes a run, once for all checks that need it, and waits for its end. Throws as `baseRun`. */
export async function trialRun(stage: Stage, name: RunName): Promise<TrialRun> {
	if (name === 'base') return await baseRun(stage);
	if (!(await hasRuns(stage))) throw new NotTried('the first run could not be made');
	return await stage.once(name, async () => await makeRun(stage, name));
}

async function makeRun(stage: Stage, name: RunName): Promise<TrialRun> {
	const plan: PlannedRun = plannedRuns[name];
	const request = await requestFor(stage, plan);
	const reserve = () => stage.budget.reserve(plan.pictures, plan.price ?? null);
	const notes = [reserve()];
	const api = stage.api.under(`run-${name.replaceAll('_', '-')}`);
	const idempotencyKey = randomUUID();
	const startedAt = Date.now();
	const asked = ask(stage, name, request);
	const client = api.creating(() => {
		asked.isRepeated = true;
		notes.push(reserve());
	});
	// Each create that may have been accepted may have made a run, if the API ignores keys.
	let costAt: (create: number) => number | null = () => null;
	try {
		const outcome = await client.createRun(plan.model, request, {
			idempotencyKey,
			startedAt,
			findable: true,
			uncertain: false,
			timeoutMs: createTimeoutMs,
			signal,
		});
		if ('error' in outcome) {
			const { error, mayBePaid } = outcome;
			const words = `its run was refused: ${wordsOf(error)}${mayBePaid ? paidWords : ''}`;
			if (!mayBePaid) {
				costAt = () => 0;
				forget(stage, asked);
			}
			throw isPassing(error) ? new NotTried(words) : new UnusableRun(words, error);
		}
		asked.id = outcome.run.id;
		const run = await ended(stage, api, outcome.run, startedAt);
		const others = notes.length > 1 ? await othersOf(stage, asked) : 0;
		costAt = (create) => (create === 0 ? costOf(run) : create <= others ? null : 0);
		return { request, created: outcome.run, run, idempotencyKey };
	} finally {
		for (const [create, note] of notes.entries()) note(costAt(create));
	}
}

/** The same, for what needs its pictures. Throws NotTried where it didn't succeed, too. */
export async function succeededRun(stage: Stage, name: RunName): Promise<TrialRun> {
	const trial = await trialRun(stage, name);
	const { failure, status } = trial.run;
	if (hasSucceeded(status)) return trial;
	throw new UnusableRun(`its run ended as ${status} (${failure?.code ?? 'no code'})`);
}

/** Starts the runs that the checks will ask for, all at once, so that they are waited for together. */
export async function startAll(stage: Stage): Promise<void> {
	await baseRun(stage).catch(() => null);
	const priced = stage.options.withPrices ? (['medium', 'high'] as const) : [];
	const edits = ['failing', 'mask', 'reference', 'inline'] as const;
	for (const name of [...edits, 'sync', ...ownPresets, ...priced] as const) {
		trialRun(stage, name).catch(() => null);
	}
}
