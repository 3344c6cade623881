import type { RunRequest } from '../../runflow/input';
import { createdRunSchema, runListSchema, type Run } from '../../runflow/run';
import { hasSucceeded } from '../../runflow/status';
import type { AskedRun, Stage } from './stage';
import type { Answer } from './wire';

/** What is said of a run that may exist although no answer has named it. */
export const paidWords = '; its run may exist and have to be paid for';

/** Notes that a run is asked for, before it is. */
export function ask({ askedFor }: Stage, name: string, { client_ref = '' }: RunRequest): AskedRun {
	const asked = { name, ref: client_ref, id: null, isRepeated: false };
	askedFor.push(asked);
	return asked;
}

/** Notes that a run was refused, so that there is none. */
export function forget({ askedFor }: Stage, asked: AskedRun): void {
	askedFor.splice(askedFor.indexOf(asked), 1);
}

/** Notes a run that an answer has named. */
export function nameRun({ askedFor }: Stage, name: string, run: Run | undefined): void {
	const { client_ref, id = null } = run ?? {};
	askedFor.push({ name, ref: client_ref ?? '', id, isRepeated: false });
}

/** Notes a run that should have been refused: it counts as paid at the highest price. */
export function noteUnplanned(stage: Stage, name: string, { body }: Answer): void {
	nameRun(stage, name, createdRunSchema.safeParse(body).data);
	stage.budget.charge(1);
}

/** How many other runs than this one have its reference, since the API ignored its key; all where no list has it. */
export async function othersOf(stage: Stage, { id, ref }: AskedRun): Promise<number> {
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

/** What a run cost, in dollars; null where it doesn't say so. */
export function costOf({ cost, status }: Run): number | null {
	if (cost === null) return hasSucceeded(status) ? null : 0;
	const amount = Number(cost);
	return amount >= 0 ? amount : null;
}
