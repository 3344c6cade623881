import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { apiErrorSchema } from '../../runflow/apiError';
import { returnRunflowError, RunflowError } from '../../runflow/errors';
import type { RunRequest } from '../../runflow/input';
import { mayHaveBeenAccepted } from '../../runflow/retry';
import { createdRunSchema, runListSchema, type Run } from '../../runflow/run';
import { mayHaveMadeRun, type Caller } from './caller';
import { NotTried } from './notTried';
import { ended, requestFor, UnusableRun, wordsOf, type TrialRun } from './oneRun';
import { ask, costOf, forget, paidWords } from './spending';
import type { Stage } from './stage';
import { plannedRuns } from './trialRuns';
import type { Answer } from './wire';

/** The first run, of which more is noted. */
export interface BaseRun extends TrialRun {
	/** The answer of its create; null where that was lost, and the run was found in a list. */
	answer: Answer | null;
	/** The first read of it, right after that. */
	firstRead: Answer;
	/** After how long a list had it, in milliseconds, 0 for at once; null where none did in time. */
	listedAfterMs: number | 'unreadable' | null;
}

/** Refusals that say something of the account, not of the API: no credit, no scope, too many runs. */
const accountStatuses: ReadonlySet<number> = new Set([402, 403, 429]);

/** How the first create ended: with a run, or for a reason, in words. */
interface FirstCreate {
	/** Null where none arrived. */
	answer: Answer | null;
	/** Null where no answer names it. */
	created: Run | null;
	/** Whether the answer was lost, so that it says nothing of the API. */
	isLost: boolean;
	mayBePaid: boolean;
	Reason: typeof NotTried | typeof UnusableRun;
	words: string;
}

async function create(
	api: Caller,
	request: RunRequest,
	idempotencyKey: string,
): Promise<FirstCreate> {
	const path = `/v1/models/${plannedRuns.base.model}/runs`;
	const headers = { 'Idempotency-Key': idempotencyKey };
	const answer = await api.create(path, request, headers).catch(returnRunflowError);
	if (answer instanceof RunflowError) {
		const words = `its create got no answer (${wordsOf(answer)})`;
		const mayBePaid = mayHaveBeenAccepted(answer);
		return { answer: null, created: null, isLost: true, mayBePaid, Reason: NotTried, words };
	}
	const { body, status } = answer;
	const created = status > 299 ? null : (createdRunSchema.safeParse(body).data ?? null);
	const { code, message } = apiErrorSchema.parse(body);
	const isLost = status >= 500;
	return {
		answer: isLost ? null : answer,
		created,
		isLost,
		mayBePaid: mayHaveMadeRun(status),
		Reason: isLost || accountStatuses.has(status) ? NotTried : UnusableRun,
		words: `it was answered with ${status} ${code ?? message ?? 'and no id'}`,
	};
}

/**
 * Makes the first run, and looks at once how the API shows it. One whose create got no answer is looked for
 * in lists. Throws NotTried.
 */
export async function baseRun(stage: Stage): Promise<BaseRun> {
	if (stage.options.isFree) throw new NotTried("it costs money, and '--free' is set");
	return await stage.once('base', async () => {
		const api = stage.api.under('run-base');
		const request = await requestFor(stage, plannedRuns.base);
		const note = stage.budget.reserve(1);
		const idempotencyKey = randomUUID();
		const startedAt = Date.now();
		const asked = ask(stage, 'base', request);
		const first = await create(api, request, idempotencyKey);
		const { answer } = first;
		const created = first.created ?? (await lostRun(stage, api, first, asked.ref));
		if (created === null) {
			note(first.mayBePaid ? null : 0);
			if (first.mayBePaid) throw new first.Reason(`${first.words}${paidWords}`);
			forget(stage, asked);
			throw new first.Reason(first.words);
		}
		asked.id = created.id;
		let cost: number | null = null;
		try {
			const firstRead = await api.get(`/v1/runs/${created.id}`);
			const listed = await inList(stage, api, (run) => run.id === created.id);
			const run = await ended(stage, api, created, startedAt);
			cost = costOf(run);
			const listedAfterMs = listed === 'unreadable' ? listed : (listed?.afterMs ?? null);
			return { request, created, run, idempotencyKey, answer, firstRead, listedAfterMs };
		} finally {
			note(cost);
		}
	});
}

/** The run of a create whose answer was lost; null where no list has it. */
async function lostRun(
	stage: Stage,
	api: Caller,
	{ isLost, mayBePaid }: FirstCreate,
	ref: string,
): Promise<Run | null> {
	if (!isLost || !mayBePaid) return null;
	const found = await inList(stage, api, (run) => run.client_ref === ref).catch(() => null);
	return found === null || found === 'unreadable' ? null : found.run;
}

/** Whether this trial made a run, so that the account has some. */
export async function hasRuns(stage: Stage): Promise<boolean> {
	return 'made' in (await stage.attempted(baseRun));
}

/** The newest run that is looked for, and after how long a list had it; null where none did in time. */
async function inList(
	stage: Stage,
	api: Caller,
	isIt: (run: Run) => boolean,
): Promise<{ run: Run; afterMs: number } | 'unreadable' | null> {
	const { lagGapMs, longestLagMs } = stage.options.pace;
	const began = performance.now();
	for (let looks = 0; performance.now() - began < longestLagMs; looks++) {
		const { body } = await api.get('/v1/runs', { limit: 100, sort_by: 'created_at:desc' });
		const page = runListSchema.safeParse(body).data;
		if (page === undefined) return 'unreadable';
		const run = page.items.find((item) => item !== null && isIt(item));
		if (run) return { run, afterMs: looks === 0 ? 0 : Math.round(performance.now() - began) };
		await sleep(lagGapMs);
	}
	return null;
}
