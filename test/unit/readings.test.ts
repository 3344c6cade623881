import type { RunReader } from '../../nodes/GptImage2/suspension/pending';
import { Readings } from '../../nodes/GptImage2/suspension/readings';
import { RunflowApiError } from '../../runflow/errors';
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

const settled = async () => await new Promise((resolve) => setImmediate(resolve));

describe('a reading of a suspension', () => {
	it('reads all runs together, and finds one that is pending', async () => {
		const { connect, reads } = api('a');
		const { joined, outcome } = new Readings().read(suspension, [], connect);
		expect(joined).toBe(false);
		expect(await outcome).toEqual({ state: 'pending' });
		expect(reads).toEqual(['a b c']);
	});

	it('finds that all runs have ended, and returns them with the reader it used', async () => {
		const { connect, reader } = api('a', 'b', 'c');
		const reading = await new Readings().read(suspension, [], connect).outcome;
		expect(reading).toMatchObject({ state: 'ended', reader });
		expect([...('runs' in reading ? reading.runs.keys() : [])]).toEqual(['a', 'b', 'c']);
	});

	it('does not wait for a run that has called while another has not', async () => {
		const { connect, waits } = api('a');
		expect(await new Readings().read(suspension, ['b'], connect).outcome).toEqual({
			state: 'pending',
		});
		expect(waits).toEqual([]);
	});

	it('waits a moment for a run that has called back to be read as ended', async () => {
		const { connect, waits } = api('a', 'b');
		const { outcome } = new Readings().read(suspension, ['c'], connect);
		expect(await outcome).toMatchObject({ state: 'ended' });
		expect(waits).toEqual(['c']);
	});

	it('is joined by a call that arrives meanwhile, and reads once more for it', async () => {
		const readings = new Readings();
		const { answerAll, connect, end, holdAnswers, reads } = api();
		holdAnswers();
		const first = readings.read(suspension, [], connect);
		await settled();
		const second = readings.read(suspension, [], connect);
		expect([first.joined, second.joined]).toEqual([false, true]);
		expect(reads).toEqual(['a b c']);
		for (const id of ['b', 'c']) end(id);
		answerAll();
		expect(await second.outcome).toEqual({ state: 'pending' });
		expect(reads).toEqual(['a b c', 'a b c']);
	});

	it('is over when it has answered: the next call starts another', async () => {
		const readings = new Readings();
		const { connect } = api();
		await readings.read(suspension, [], connect).outcome;
		expect(readings.read(suspension, [], connect).joined).toBe(false);
	});

	it('says so when the runs cannot be read, and can be tried again', async () => {
		const readings = new Readings<RunReader>();
		const broken = async (): Promise<RunReader> => {
			throw new Error('no network');
		};
		expect(await readings.read(suspension, [], broken).outcome).toEqual({ state: 'unreadable' });
		const { connect } = api('a', 'b', 'c');
		expect(await readings.read(suspension, [], connect).outcome).toMatchObject({
			state: 'ended',
		});
	});

	it('knows which suspensions are being resumed, and which were a moment ago', async () => {
		jest.useFakeTimers({ now: 0 });
		const readings = new Readings();
		expect(readings.isResumed('suspension-1')).toBe(false);
		const items = readings.resume('suspension-1', async () => {
			expect(readings.isResumed('suspension-1')).toBe(true);
			return 'items';
		});
		expect(await items).toBe('items');
		expect(readings.isResumed('suspension-1')).toBe(true);
		expect(readings.isResumed('suspension-2')).toBe(false);
		jest.setSystemTime(60_000);
		expect(readings.isResumed('suspension-1')).toBe(false);
		jest.useRealTimers();
	});

	it('is not joined in the moment in which it is over', async () => {
		const readings = new Readings();
		const { connect } = api();
		const first = readings.read(suspension, [], connect);
		const second = first.outcome.then(() => readings.read(suspension, [], connect));
		expect((await second).joined).toBe(false);
	});

	it('treats a run that the API no longer knows as ended, but not one that it has just created', async () => {
		const reader: RunReader = {
			readRuns: async ({ ids }) => new Map([...ids].map((id) => [id, new RunflowApiError(404)])),
			waitForRun: async (run) => run,
		};
		const connect = async () => reader;
		const old = { ...suspension, startedAt: Date.now() - 120_000 };
		const young = { ...suspension, id: 'suspension-2', startedAt: Date.now() };
		expect(await new Readings().read(old, [], connect).outcome).toMatchObject({ state: 'ended' });
		expect(await new Readings().read(young, [], connect).outcome).toEqual({ state: 'pending' });
	});
});
