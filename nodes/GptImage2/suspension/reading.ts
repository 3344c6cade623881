import type { RunflowClient } from '../../../runflow/client';
import {
	isNotFound,
	RunflowAnswerError,
	RunflowApiError,
	RunflowError,
} from '../../../runflow/errors';
import type { ListDetail } from '../../../runflow/lists';
import { isPassing } from '../../../runflow/retry';
import type { Run } from '../../../runflow/run';
import { isTerminal, mayDeliver } from '../../../runflow/status';
import { mayBeUnknownYet } from '../../../runflow/waiting';
import type { Suspension } from './suspension';

/** How long a run may still read as pending after its own callback. */
const lagSeconds = 20;

/** The methods that read the runs of a suspension. */
export type RunReader = Pick<
	RunflowClient,
	'baseUrl' | 'getRun' | 'readRuns' | 'waitForRun' | 'withOutput'
>;

/** The runs of a suspension as they were read, by id, or why a run can't be read. */
export type ReadRuns = ReadonlyMap<string, Run | RunflowError>;

/** The runs that a suspension waits for, and since when. */
export type SuspendedRuns = Pick<Suspension, 'id' | 'startedAt' | 'firstCreatedAt'> & {
	runs: Array<{ runId: string }>;
};

/** The result of a reading: all runs have ended, some are pending, or they could not be read. */
type Reading =
	| { state: 'ended'; reader: RunReader; runs: ReadRuns }
	| { state: 'pending' }
	| { state: 'unreadable' };

/** What concurrent calls to a suspension share. */
export interface CalledSuspension {
	/** Whether one of its runs has called back. */
	hasCalled: (runId: string) => boolean;
	/** The reading in progress; null if there is none. */
	reading: Promise<Reading> | null;
	/** Whether another call came in the meantime, so that the runs must be read once more. */
	isToReadAgain: boolean;
}

/**
 * Reads the runs of a suspension until all have ended, or one that hasn't called back is pending. A call
 * that comes while they are being read joins that reading and causes it to read once more; `joined` says
 * that another call began it. `connect` opens the API. The reading never rejects.
 */
export function readTogether(
	live: CalledSuspension,
	suspension: SuspendedRuns,
	connect: () => Promise<RunReader>,
): { joined: boolean; outcome: Promise<Reading> } {
	if (live.reading !== null) {
		live.isToReadAgain = true;
		return { joined: true, outcome: live.reading };
	}
	live.reading = readUntilClear(live, suspension, connect).catch((): Reading => {
		live.reading = null;
		return { state: 'unreadable' };
	});
	return { joined: false, outcome: live.reading };
}

/** Resets `live.reading` synchronously with its decision, so that no call joins a reading that is over. */
async function readUntilClear(
	live: CalledSuspension,
	suspension: SuspendedRuns,
	connect: () => Promise<RunReader>,
): Promise<Reading> {
	const reader = await connect();
	const awaited = new Set<string>();
	const isAwaited = (runId: string) => live.hasCalled(runId) && !awaited.has(runId);
	for (;;) {
		live.isToReadAgain = false;
		const { pending, runs, unreadable } = await readOnce(reader, suspension, 'usual');
		if (unreadable.length === 0 && pending.length > 0 && pending.every(isAwaited)) {
			for (const runId of pending) awaited.add(runId);
			await Promise.all(pending.map(async (runId) => await awaitEnd(reader, runs.get(runId))));
		} else if (unreadable.length > 0 || pending.length === 0 || !live.isToReadAgain) {
			live.reading = null;
			if (unreadable.length > 0) return { state: 'unreadable' };
			return pending.length === 0 ? { state: 'ended', reader, runs } : { state: 'pending' };
		}
	}
}

/** Gives a run that has called back a moment until it reads as ended. */
async function awaitEnd(reader: RunReader, run: Run | RunflowError | undefined): Promise<void> {
	if (run === undefined || run instanceof RunflowError) return;
	await reader.waitForRun(run, { pollSeconds: 1, timeoutSeconds: lagSeconds }).catch(() => null);
}

/** The result of reading runs once: the runs, and their ids grouped by state. */
interface Progress {
	runs: ReadRuns;
	ended: string[];
	pending: string[];
	unreadable: string[];
}

/**
 * Reads the runs of a suspension together, except those known to have `ended`, and returns them with their
 * states. A run that can't be read for a permanent reason counts as ended: waiting for it is pointless, and
 * it must not hold up the others. Never throws because of a run.
 */
export async function readOnce(
	reader: Pick<RunReader, 'readRuns'>,
	{ firstCreatedAt, runs, startedAt }: SuspendedRuns,
	detail: ListDetail,
	ended: ReadonlySet<string> = new Set(),
): Promise<Progress> {
	const ids = new Set(runs.map(({ runId }) => runId).filter((id) => !ended.has(id)));
	const found = await reader.readRuns({ ids, createdAt: firstCreatedAt }, detail);
	const progress: Progress = { runs: found, ended: [], pending: [], unreadable: [] };
	const isAnswered = ended.size > 0 || ![...found.values()].every(isAboutNone);
	for (const [id, run] of found) {
		const state = isAboutNone(run) && !isAnswered ? 'unreadable' : stateOf(run, startedAt);
		progress[state].push(id);
	}
	return progress;
}

/**
 * The runs because of which the node fails; none if it continues on errors. A run that can't be read isn't
 * among them, so that it doesn't hold up the others.
 */
export function failedRuns(
	{ continuesOnError }: Pick<Suspension, 'continuesOnError'>,
	runs: ReadRuns,
): string[] {
	const found = continuesOnError ? [] : [...runs];
	return found.flatMap(([id, run]) =>
		run instanceof RunflowError || mayDeliver(run.status) ? [] : id,
	);
}

function stateOf(run: Run | RunflowError, startedAt: number): 'ended' | 'pending' | 'unreadable' {
	if (!(run instanceof RunflowError)) return isTerminal(run.status) ? 'ended' : 'pending';
	if (isPassing(run)) return 'unreadable';
	return isNotFound(run) && mayBeUnknownYet(startedAt) ? 'pending' : 'ended';
}

/**
 * Whether an answer says nothing about the run itself unless others are answered: the key was refused, or a
 * proxy answered.
 */
function isAboutNone(run: Run | RunflowError): boolean {
	const isKeyRefused = run instanceof RunflowApiError && run.httpStatus === 401;
	return isKeyRefused || run instanceof RunflowAnswerError;
}
