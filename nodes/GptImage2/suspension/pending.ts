import type { RunflowClient } from '../../../runflow/client';
import { isNotFound, RunflowError } from '../../../runflow/errors';
import type { ManyRuns } from '../../../runflow/manyRuns';
import type { Run } from '../../../runflow/run';
import { isTerminal } from '../../../runflow/status';
import { mayBeUnknownYet } from '../../../runflow/waiting';

/** What reads the runs of a suspension. */
export type RunReader = Pick<RunflowClient, 'getRun' | 'readRuns' | 'waitForRun'>;

/** The runs of a suspension as they were read, by id, or why one can't be read. */
export type ReadRuns = ReadonlyMap<string, Run | RunflowError>;

/** What a reading found: whether all runs have ended, or that they could not be read. */
export type Reading =
	| { state: 'ended'; reader: RunReader; runs: ReadRuns }
	| { state: 'pending' }
	| { state: 'unreadable' };

/** A reading that other calls may join. */
export interface ReadingInProgress {
	/** Whether another call came, so that it has to read once more. */
	again: boolean;
	outcome: Promise<Reading>;
}

/** What reads runs without repeating a read that fails. */
type QuickReader = Pick<RunflowClient['once'], 'readRuns'>;

/** The runs of a suspension; moments in milliseconds since 1970. */
export interface SuspendedRuns {
	id: string;
	/** When it began. */
	startedAt: number;
	/** When the first of its runs was created. */
	firstCreatedAt: number;
	runs: Array<{ runId: string }>;
}

/** The runs of a suspension but those that are known to have ended, to be read together. */
export function runsToRead(
	{ firstCreatedAt, runs }: SuspendedRuns,
	ended: ReadonlySet<string> = new Set(),
): ManyRuns {
	const ids = runs.map(({ runId }) => runId).filter((id) => !ended.has(id));
	return { ids: new Set(ids), createdAt: firstCreatedAt };
}

/** The ids of runs that were read, by what is known of them now. */
export interface Progress {
	ended: string[];
	pending: string[];
	unreadable: string[];
}

/**
 * How far the runs of a suspension are, by what reading them returned. One that the API no longer knows
 * has ended: it can't be waited for.
 */
export function progressOf(
	runs: ReadonlyMap<string, Run | RunflowError>,
	{ startedAt }: SuspendedRuns,
): Progress {
	const mayAppear = mayBeUnknownYet(startedAt);
	const stateOf = (run: Run | RunflowError): keyof Progress => {
		if (!(run instanceof RunflowError)) return isTerminal(run.status) ? 'ended' : 'pending';
		if (!isNotFound(run)) return 'unreadable';
		return mayAppear ? 'pending' : 'ended';
	};
	const progress: Progress = { ended: [], pending: [], unreadable: [] };
	for (const [id, run] of runs) progress[stateOf(run)].push(id);
	return progress;
}

/**
 * Whether any of these runs is pending, or can't be read just now. A quick read, each only once, since
 * the execution is held meanwhile. Never throws.
 */
export async function anyPending(reader: QuickReader, runs: ManyRuns): Promise<boolean> {
	const found = await reader.readRuns(runs, 'status');
	return [...found.values()].some((run) => run instanceof RunflowError || !isTerminal(run.status));
}
