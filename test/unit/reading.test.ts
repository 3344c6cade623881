import { LiveSuspensions } from '../../nodes/GptImage2/suspension/live';
import { readTogether, type RunReader } from '../../nodes/GptImage2/suspension/reading';
import { RunflowAnswerError, RunflowApiError, type RunflowError } from '../../runflow/errors';
import { runSchema } from '../../runflow/run';
import { queuedRun, succeededRun } from '../fixtures/answers';

const suspension = {
	id: 'suspension-1',
	startedAt: 0,
	firstCreatedAt: 0,
	runs: [{ runId: 'a' }, { runId: 'b' }, { runId: 'c' }],
};

/** Runs that end when told, read by an API that answers when told. */
function api(...ended: string[]) {
	const endedRuns = new Set(ended);
	const reads: string[] = [];
	const waits: string[] = [];
	const answers: Array<() => void> = [];
	let slow = false;
	const view = (id: string) =>
		runSchema.parse({ ...(endedRuns.has(id) ? succeededRun : queuedRun), id });
	const reader: RunReader = {
		baseUrl: 'https://api.runflow.io',
		getRun: async (id) => view(id),
		readRuns: async ({ ids }) => {
			reads.push([...ids].join(' '));
			if (slow) await new Promise<void>((resolve) => answers.push(resolve));
			return new Map([...ids].map((id) => [id, view(id)]));
		},
		waitForRun: async (run) => {
			waits.push(run.id);
			endedRuns.add(run.id);
			return view(run.id);
		},
		withOutput: async (run) => run,
	};
	return {
		connect: async () => reader,
		reader,
		reads,
		waits,
		end: (id: string) => endedRuns.add(id),
		holdAnswers: () => (slow = true),
		answerAll: () => {
			slow = false;
			for (const answer of answers.splice(0)) answer();
		},
	};
}

/** What this process knows of the suspension when these runs have called back. */
const liveWith = (...called: string[]) => {
	const live = new LiveSuspensions().of(suspension);
	for (const runId of called) live.noteCall(runId);
	return live;
};

const settled = async () => await new Promise((resolve) => setImmediate(resolve));

describe('a reading of a suspension', () => {
	it('reads all runs together, and finds one that is pending', async () => {
		const { connect, reads } = api('a');
		const { joined, outcome } = readTogether(liveWith(), suspension, connect);
		expect(joined).toBe(false);
		expect(await outcome).toEqual({ state: 'pending' });
		expect(reads).toEqual(['a b c']);
	});

	it('finds that all runs have ended, and returns them with the reader it used', async () => {
		const { connect, reader } = api('a', 'b', 'c');
		const reading = await readTogether(liveWith(), suspension, connect).outcome;
		expect(reading).toMatchObject({ state: 'ended', reader });
		expect([...('runs' in reading ? reading.runs.keys() : [])]).toEqual(['a', 'b', 'c']);
	});

	it('does not wait for a run that has called while another has not', async () => {
		const { connect, waits } = api('a');
		expect(await readTogether(liveWith('b'), suspension, connect).outcome).toEqual({
			state: 'pending',
		});
		expect(waits).toEqual([]);
	});

	it('waits a moment for a run that has called back to be read as ended', async () => {
		const { connect, waits } = api('a', 'b');
		const { outcome } = readTogether(liveWith('c'), suspension, connect);
		expect(await outcome).toMatchObject({ state: 'ended' });
		expect(waits).toEqual(['c']);
	});

	it('is joined by a call that arrives meanwhile, and reads once more for it', async () => {
		const live = liveWith();
		const { answerAll, connect, end, holdAnswers, reads } = api();
		holdAnswers();
		const first = readTogether(live, suspension, connect);
		await settled();
		const second = readTogether(live, suspension, connect);
		expect([first.joined, second.joined]).toEqual([false, true]);
		expect(reads).toEqual(['a b c']);
		for (const id of ['b', 'c']) end(id);
		answerAll();
		expect(await second.outcome).toEqual({ state: 'pending' });
		expect(reads).toEqual(['a b c', 'a b c']);
	});

	it('is over when it has answered: the next call starts another', async () => {
		const live = liveWith();
		const { connect } = api();
		await readTogether(live, suspension, connect).outcome;
		expect(readTogether(live, suspension, connect).joined).toBe(false);
	});

	it('says so when the runs cannot be read, and can be tried again', async () => {
		const live = liveWith();
		const broken = async (): Promise<RunReader> => {
			throw new Error('no network');
		};
		expect(await readTogether(live, suspension, broken).outcome).toEqual({ state: 'unreadable' });
		const { connect } = api('a', 'b', 'c');
		expect(await readTogether(live, suspension, connect).outcome).toMatchObject({
			state: 'ended',
		});
	});

	it('leads to a resume that is known while it goes on, and for a moment after', async () => {
		jest.useFakeTimers({ now: 0 });
		const live = liveWith();
		expect(live.isResumed).toBe(false);
		const items = live.resume(async () => {
			expect(live.isResumed).toBe(true);
			return 'items';
		});
		expect(await items).toBe('items');
		expect(live.isResumed).toBe(true);
		jest.advanceTimersByTime(60_000);
		expect(live.isResumed).toBe(false);
		jest.useRealTimers();
	});

	it('is not joined in the moment in which it is over', async () => {
		const live = liveWith();
		const { connect } = api();
		const first = readTogether(live, suspension, connect);
		const second = first.outcome.then(() => readTogether(live, suspension, connect));
		expect((await second).joined).toBe(false);
	});

	/** Of three runs the first can't be read, and the others have ended where it says so. */
	const readerWith = (error: RunflowError, others: 'ended' | 'unreadable'): RunReader => ({
		...api('a', 'b', 'c').reader,
		readRuns: async ({ ids }) => {
			const ended = runSchema.parse(succeededRun);
			const read = (id: string) => (id !== 'a' && others === 'ended' ? ended : error);
			return new Map([...ids].map((id) => [id, read(id)]));
		},
	});
	const readWith = async (reader: RunReader) =>
		(await readTogether(liveWith(), suspension, async () => reader).outcome).state;

	it.each([
		['403', new RunflowApiError(403)],
		['410', new RunflowApiError(410)],
		['422', new RunflowApiError(422)],
		['an answer that cannot be parsed', new RunflowAnswerError('no status')],
	])('lets no run that is answered with %s withhold the others', async (_name, error) => {
		expect(await readWith(readerWith(error, 'ended'))).toBe('ended');
	});

	it.each([
		['of a run that is answered with 503', new RunflowApiError(503), 'ended'],
		['where the key is refused for all', new RunflowApiError(401), 'unreadable'],
		['where a proxy answers for all', new RunflowAnswerError('no JSON'), 'unreadable'],
	] as const)('tries again %s', async (_name, error, others) => {
		expect(await readWith(readerWith(error, others))).toBe('unreadable');
	});

	it('treats a run that the API no longer knows as ended, but not one that it has just created', async () => {
		const reader: RunReader = {
			baseUrl: 'https://api.runflow.io',
			getRun: async () => await Promise.reject(new RunflowApiError(404)),
			readRuns: async ({ ids }) => new Map([...ids].map((id) => [id, new RunflowApiError(404)])),
			waitForRun: async (run) => run,
			withOutput: async (run) => run,
		};
		const connect = async () => reader;
		const old = { ...suspension, startedAt: Date.now() - 120_000 };
		const young = { ...suspension, id: 'suspension-2', startedAt: Date.now() };
		expect(await readTogether(liveWith(), old, connect).outcome).toMatchObject({ state: 'ended' });
		expect(await readTogether(liveWith(), young, connect).outcome).toEqual({ state: 'pending' });
	});
});
