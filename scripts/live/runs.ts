import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { apiErrorSchema } from '../../runflow/apiError';
import { RunflowApiError, RunflowError } from '../../runflow/errors';
import type { RunRequest } from '../../runflow/input';
import { isPassing, mayHaveBeenAccepted } from '../../runflow/retry';
import { createdRunSchema, runListSchema, type Run } from '../../runflow/run';
import { hasSucceeded } from '../../runflow/status';
import { mayHaveMadeRun, type Answer, type Caller } from './api';
import { NotTried } from './notTried';
import type { AskedRun, Stage } from './stage';
import { ownPresets, plannedRuns, type PlannedRun, type RunName } from './trialRuns';

/** A run that was made for the checks, and has ended. */
export interface TrialRun {
	request: RunRequest;
	/** As the create answered it. */
	created: Run;
	/** As it was read in the end. */
	run: Run;
	/** The metadata and key that were sent. */
	idempotencyKey: string;
}

/** The first run, of which more is noted. */
export interface BaseRun extends TrialRun {
	/** The answer of its create. */
	answer: Answer;
	/** The first read of it, right after that. */
	firstRead: Answer;
	/** After how long a list had it, in milliseconds, 0 for at once; null where none did in time. */
	listedAfterMs: number | 'unreadable' | null;
}

/** A run that the API refused, that didn't succeed, or of which the end could not be seen. */
export class UnusableRun extends NotTried {
	constructor(
		reason: string,
		readonly because: RunflowError | null = null,
	) {
		super(reason);
	}
}

/** What an error says of the API, in a few words. */
export function wordsOf(error: RunflowError): string {
	if (!(error instanceof RunflowApiError)) return `${error.code ?? error.message}`;
	const { detail, fields, httpStatus } = error;
	const lines = fields.map(({ loc, msg }) => `${loc.join('.')} ${msg}`);
	return `${httpStatus} ${error.code ?? ''} ${lines.join('; ') || (detail ?? '')}`.trim();
}

/** What the checks send as metadata: text, a number, and something inside. */
export const sentMetadata = { check: 'npm run live', number: 17, inner: { deep: true } };

async function requestFor(stage: Stage, plan: PlannedRun): Promise<RunRequest> {
	const { answering } = plan;
	const callback = answering && stage.receiver?.urlFor(answering);
	return {
		input: await plan.input(stage),
		metadata: sentMetadata,
		client_ref: `live-check:${randomUUID()}`,
		...(callback && { callback_url: callback }),
	};
}

/** Refusals that say something of the account, not of the API: no credit, no scope, too many runs. */
const accountStatuses: ReadonlySet<number> = new Set([402, 403, 429]);

const createTimeoutMs = 300_000;
const signal = new AbortController().signal;

const paidWords = '; its run may exist and have to be paid for';

/** Notes that a run is asked for, before it is. */
function ask({ askedFor }: Stage, name: string, { client_ref = '' }: RunRequest): AskedRun {
	const asked = { name, ref: client_ref, id: null };
	askedFor.push(asked);
	return asked;
}

/** Notes that a run was refused, so that there is none. */
function forget({ askedFor }: Stage, asked: AskedRun): void {
	askedFor.splice(askedFor.indexOf(asked), 1);
}

/** Makes the first run, and looks at once how the API shows it. Throws NotTried. */
export async function baseRun(stage: Stage): Promise<BaseRun> {
	if (stage.options.isFree) throw new NotTried("it costs money, and '--free' is set");
	return await stage.once('base', async () => {
		const api = stage.api.under('run-base');
		const request = await requestFor(stage, plannedRuns.base);
		const note = stage.budget.reserve(1);
		const idempotencyKey = randomUUID();
		const startedAt = Date.now();
		const headers = { 'Idempotency-Key': idempotencyKey };
		const path = `/v1/models/${plannedRuns.base.model}/runs`;
		const asked = ask(stage, 'base', request);
		const answer = await api.post(path, request, headers).catch((error: unknown) => {
			const mayBePaid = mayHaveBeenAccepted(error);
			note(mayBePaid ? null : 0);
			if (!mayBePaid) forget(stage, asked);
			throw error instanceof RunflowError
				? new NotTried(`its create got no answer (${wordsOf(error)})${mayBePaid ? paidWords : ''}`)
				: error;
		});
		const created = createdRunSchema.safeParse(answer.body).data;
		if (created === undefined || answer.status > 299) {
			const mayBePaid = mayHaveMadeRun(answer.status);
			note(mayBePaid ? null : 0);
			if (!mayBePaid) forget(stage, asked);
			const { code, message } = apiErrorSchema.parse(answer.body);
			const words = `it was answered with ${answer.status} ${code ?? message ?? 'and no id'}`;
			const reason = `${words}${mayBePaid ? paidWords : ''}`;
			const saysNothing = accountStatuses.has(answer.status) || answer.status >= 500;
			throw saysNothing ? new NotTried(reason) : new UnusableRun(reason);
		}
		asked.id = created.id;
		let cost: number | null = null;
		try {
			const firstRead = await api.get(`/v1/runs/${created.id}`);
			const listedAfterMs = await lagOfList(stage, api, created.id);
			const run = await ended(stage, api, created, startedAt);
			cost = costOf(run);
			return { request, created, run, idempotencyKey, answer, firstRead, listedAfterMs };
		} finally {
			note(cost);
		}
	});
}

/** Whether this trial made a run, so that the account has some. */
export async function hasRuns(stage: Stage): Promise<boolean> {
	return 'made' in (await stage.attempted(baseRun));
}

/** Makes a run, once for all checks that need it, and waits for its end. Throws as `baseRun`. */
export async function trialRun(stage: Stage, name: RunName): Promise<TrialRun> {
	if (name === 'base') return await baseRun(stage);
	if (!(await hasRuns(stage))) throw new NotTried('the first run could not be made');
	return await stage.once(name, async () => await makeRun(stage, name));
}

async function makeRun(stage: Stage, name: RunName): Promise<TrialRun> {
	const plan: PlannedRun = plannedRuns[name];
	const request = await requestFor(stage, plan);
	const note = stage.budget.reserve(plan.pictures, plan.price ?? null);
	const api = stage.api.under(`run-${name.replaceAll('_', '-')}`);
	const idempotencyKey = randomUUID();
	const startedAt = Date.now();
	// Each create that may have been accepted may have made a run, if the API ignores keys.
	const again: Array<(cost: number | null) => void> = [];
	const client = api.creating(() =>
		again.push(stage.budget.reserve(plan.pictures, plan.price ?? null)),
	);
	const asked = ask(stage, name, request);
	const outcome = await client.createRun(plan.model, request, {
		idempotencyKey,
		startedAt,
		findable: true,
		uncertain: false,
		timeoutMs: createTimeoutMs,
		signal,
	});
	if ('error' in outcome) {
		note(outcome.mayBePaid ? null : 0);
		if (!outcome.mayBePaid) forget(stage, asked);
		for (const noteAgain of again) noteAgain(outcome.mayBePaid ? null : 0);
		if (isPassing(outcome.error)) {
			throw new NotTried(
				`its run was refused: ${wordsOf(outcome.error)}${outcome.mayBePaid ? paidWords : ''}`,
			);
		}
		throw new UnusableRun(`its run was refused: ${wordsOf(outcome.error)}`, outcome.error);
	}
	asked.id = outcome.run.id;
	let cost: number | null = null;
	try {
		const run = await ended(stage, api, outcome.run, startedAt);
		cost = costOf(run);
		const others = again.length > 0 ? await othersOf(stage, asked) : 0;
		for (const [at, noteAgain] of again.entries()) noteAgain(at < others ? null : 0);
		return { request, created: outcome.run, run, idempotencyKey };
	} finally {
		note(cost);
	}
}

/** How many other runs than this one have its reference, since the API ignored its key; all where no list has it. */
async function othersOf(stage: Stage, { id, ref }: AskedRun): Promise<number> {
	const query = { limit: 100, sort_by: 'created_at:desc' };
	const answer = await stage.api
		.under('own-runs')
		.get('/v1/runs', query)
		.catch(() => null);
	const own = (runListSchema.safeParse(answer?.body).data?.items ?? []).filter(
		(run) => run?.client_ref === ref,
	);
	return own.some((run) => run?.id === id) ? own.length - 1 : Infinity;
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

async function ended(stage: Stage, api: Caller, run: Run, startedAt: number): Promise<Run> {
	const { pollSeconds, runTimeoutSeconds: timeoutSeconds } = stage.options.pace;
	try {
		await api.client.waitForRun(run, { pollSeconds, timeoutSeconds, startedAt, isWhole: true });
		return await api.client.withOutput(await api.client.getRun(run.id));
	} catch (error) {
		if (!(error instanceof RunflowError)) throw error;
		throw new UnusableRun(`its run could not be read to its end: ${error.message}`, error);
	}
}

async function lagOfList(stage: Stage, api: Caller, id: string): Promise<BaseRun['listedAfterMs']> {
	const { lagGapMs, longestLagMs } = stage.options.pace;
	const began = performance.now();
	for (let looks = 0; performance.now() - began < longestLagMs; looks++) {
		const { body } = await api.get('/v1/runs', { limit: 100, sort_by: 'created_at:desc' });
		const page = runListSchema.safeParse(body).data;
		if (page === undefined) return 'unreadable';
		if (page.items.some((run) => run?.id === id)) {
			return looks === 0 ? 0 : Math.round(performance.now() - began);
		}
		await sleep(lagGapMs);
	}
	return null;
}

/** What a run cost, in dollars; null where it doesn't say so. */
export function costOf({ cost, status }: Run): number | null {
	if (cost === null) return hasSucceeded(status) ? null : 0;
	const amount = Number(cost);
	return amount >= 0 ? amount : null;
}
