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

/** How long a run may still be read as pending after its own callback. */
const lagSeconds = 20;

/** What reads the runs of a suspension. */
export type RunReader = Pick<
	RunflowClient,
	'baseUrl' | 'getRun' | 'readRuns' | 'waitForRun' | 'withOutput'
>;

/** The runs of a suspension as they were read, by id, or why one can't be read. */
export type ReadRuns = ReadonlyMap<string, Run | RunflowError>;

/** Which runs a suspension waits for, and since when. */
export type SuspendedRuns = Pick<Suspension, 'id' | 'startedAt' | 'firstCreatedAt'> & {
	runs: Array<{ runId: string }>;
};

/** What a reading found: whether all runs have ended, or that they could not be read. */
type Reading =
	| { state: 'ended'; reader: RunReader; runs: ReadRuns }
	| { state: 'pending' }
	| { state: 'unreadable' };

/** What the calls to a suspension share. */
export interface CalledSuspension {
	/** Whether one of its runs has called back. */
	hasCalled: (runId: string) => boolean;
	/** The reading that goes on, null where there is none. */
	reading: Promise<Reading> | null;
	/** Whether another call came meanwhile, so that it has to read once more. */
	isToReadAgain: boolean;
}

/**
 * Reads the runs of a suspension until all have ended, or one is pending that hasn't called. A call that
 * comes while they are being read joins the reading and has it read once more: `joined` says that
 * somebody else began it. `connect` opens the API. The reading never rejects.
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

/** Leaves `live` in the same breath as it decides, so that no call joins a reading that is over. */
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

/** Allows a run that has called a moment to be read as ended. */
async function awaitEnd(reader: RunReader, run: Run | RunflowError | undefined): Promise<void> {
	if (run === undefined || run instanceof RunflowError) return;
	await reader.waitForRun(run, { pollSeconds: 1, timeoutSeconds: lagSeconds }).catch(() => null);
}

/** What reading runs once has shown: the runs, and their ids by how far each is. */
interface Progress {
	runs: ReadRuns;
	ended: string[];
	pending: string[];
	unreadable: string[];
}

/**
 * Reads the runs of a suspension together, except for those that are known to have `ended`, and returns
 * them with how far they are. One that can't be read for a reason that doesn't pass has ended: it can't be
 * waited for, and withholds no other. Throws for none of them.
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

/** Those of the runs that fail the node: none where it continues on errors. One that can't be read withholds no other. */
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

/** Whether an answer says nothing of a run unless others are answered: the key was refused, or a proxy answered. */
function isAboutNone(run: Run | RunflowError): boolean {
	const isKeyRefused = run instanceof RunflowApiError && run.httpStatus === 401;
	return isKeyRefused || run instanceof RunflowAnswerError;
}
