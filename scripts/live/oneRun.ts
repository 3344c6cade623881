import { randomUUID } from 'node:crypto';

import { RunflowApiError, RunflowError } from '../../runflow/errors';
import type { RunRequest } from '../../runflow/input';
import type { Run } from '../../runflow/run';
import type { Caller } from './caller';
import { NotTried } from './notTried';
import type { Stage } from './stage';
import type { PlannedRun } from './trialRuns';

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

/** What a planned run is created with. */
export async function requestFor(stage: Stage, plan: PlannedRun): Promise<RunRequest> {
	const { answering } = plan;
	const callback = answering && stage.receiver?.urlFor(answering);
	return {
		input: await plan.input(stage),
		metadata: sentMetadata,
		client_ref: `live-check:${randomUUID()}`,
		...(callback && { callback_url: callback }),
	};
}

/** Waits for the end of a run, and returns it whole. Throws UnusableRun where that can't be seen. */
export async function ended(stage: Stage, api: Caller, run: Run, startedAt: number): Promise<Run> {
	const { pollSeconds, runTimeoutSeconds: timeoutSeconds } = stage.options.pace;
	try {
		await api.client.waitForRun(run, { pollSeconds, timeoutSeconds, startedAt, isWhole: true });
		return await api.client.withOutput(await api.client.getRun(run.id));
	} catch (error) {
		if (!(error instanceof RunflowError)) throw error;
		throw new UnusableRun(`its run could not be read to its end: ${error.message}`, error);
	}
}
