import { RunflowClient } from '../../runflow/client';
import { RunflowApiError, RunflowConnectionError } from '../../runflow/errors';
import type { ApiAnswer, ApiRequest } from '../../runflow/request';
import { runSchema, type Run } from '../../runflow/run';
import { queuedRun, succeededRun } from '../fixtures/answers';

const answer = (httpStatus: number, body: unknown = {}): ApiAnswer => ({
	httpStatus,
	headers: {},
	body,
});

/** An API whose runs end at a moment of a clock that only pauses move, and what was asked of it. */
class ClockedApi {
	readonly lists: ApiRequest[] = [];
	readonly reads: string[] = [];
	/** Answers a list in place of the API. */
	onList: (request: ApiRequest) => ApiAnswer | Error | null = () => null;
	/** Answers the read of a run in place of the API. */
	onRead: (id: string) => ApiAnswer | null | void = () => null;
	/** How long ago what the list shows was true, in milliseconds. */
	listsBehindMs = 0;
	/** Runs that the list leaves out. */
	readonly hidden = new Set<string>();

	constructor(readonly endsAtMs: Record<string, number>) {
		jest.useFakeTimers({ now: 1_000_000 });
	}

	/** Waits for all runs at once, each as it was created, and returns them as they ended. */
	async waitForAll(options: Partial<Parameters<RunflowClient['waitForRun']>[1]> = {}) {
		const client = new RunflowClient(this.send, this.pause);
		const wait = { pollSeconds: 3, timeoutSeconds: 600, ...options };
		const waits = Object.keys(this.endsAtMs).map(
			async (id) =>
				await client.waitForRun(runSchema.parse({ ...this.view(id), ...created }), wait),
		);
		const settled = Promise.allSettled(waits);
		for (let step = 0; step < 20_000 && (await isPending(settled)); step++) {
			await jest.advanceTimersByTimeAsync(50);
		}
		return await settled;
	}

	private readonly pause = async (milliseconds: number) =>
		await new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

	private readonly send = async (request: ApiRequest): Promise<ApiAnswer> => {
		if (request.path !== '/v1/runs') {
			const id = request.path.split('/').at(-1) ?? '';
			this.reads.push(id);
			return this.onRead(id) ?? answer(200, this.view(id));
		}
		this.lists.push(request);
		const instead = this.onList(request);
		if (instead instanceof Error) throw instead;
		if (instead !== null) return instead;
		const wanted = String(request.query?.fields).split(',');
		const items = Object.keys(this.endsAtMs)
			.filter((id) => !this.hidden.has(id))
			.map((id) =>
				Object.entries(this.view(id, this.listsBehindMs)).filter(([name]) => wanted.includes(name)),
			);
		return answer(200, { items: items.map((fields) => Object.fromEntries(fields)) });
	};

	private view(id: string, behindMs = 0) {
		const hasEnded = Date.now() - behindMs - 1_000_000 >= (this.endsAtMs[id] ?? 0);
		return { ...(hasEnded ? succeededRun : queuedRun), id };
	}
}

const created = {
	status_code: 'queued',
	output: null,
	created_at: new Date(1_000_000).toISOString(),
};

async function isPending(promise: Promise<unknown>): Promise<boolean> {
	return (await Promise.race([promise, Promise.resolve('pending')])) === 'pending';
}

const idsOf = (settled: Array<PromiseSettledResult<Run>>) =>
	settled.map((one) => (one.status === 'fulfilled' ? one.value.images.length : String(one.reason)));

afterEach(() => {
	jest.useRealTimers();
});

describe('waiting for several runs', () => {
	it('reads them together, and the ended ones with one more list', async () => {
		const api = new ClockedApi({ a: 5_000, b: 5_000, c: 5_000 });
		expect(idsOf(await api.waitForAll())).toEqual([1, 1, 1]);
		expect(api.reads).toEqual([]);
		expect(api.lists[0]?.query).toMatchObject({
			fields: 'id,status_code',
			sort_by: 'created_at:desc',
			q: `created_at>${new Date(999_000).toISOString()}`,
		});
		expect(api.lists.at(-1)?.query?.fields).toContain('output');
		expect(api.lists.length).toBeLessThan(14);
	});

	it('reads a single run by itself', async () => {
		const api = new ClockedApi({ a: 5_000 });
		expect(idsOf(await api.waitForAll())).toEqual([1]);
		expect(api.lists).toHaveLength(0);
	});

	it('reads the last one by itself, when the others have ended', async () => {
		const api = new ClockedApi({ a: 1_000, b: 10_000 });
		expect(idsOf(await api.waitForAll())).toEqual([1, 1]);
		expect(api.reads.filter((id) => id === 'a')).toHaveLength(1);
		expect(api.reads.at(-1)).toBe('b');
	});

	it('reads each ended run by itself where everything about it is wanted', async () => {
		const api = new ClockedApi({ a: 3_000, b: 3_000 });
		expect(idsOf(await api.waitForAll({ isWhole: true }))).toEqual([1, 1]);
		expect(api.reads.sort()).toEqual(['a', 'b']);
	});

	it('reads a run by itself that the list leaves out for some time', async () => {
		const api = new ClockedApi({ a: 5_000, b: 5_000, c: 5_000 });
		api.hidden.add('b');
		expect(idsOf(await api.waitForAll())).toEqual([1, 1, 1]);
		expect(new Set(api.reads)).toEqual(new Set(['b']));
	});

	it('reads a run by itself whose status in the list is not known', async () => {
		const api = new ClockedApi({ a: 5_000, b: 60_000 });
		const expired = () => ({
			id: 'a',
			status_code: Date.now() < 1_005_000 ? 'running' : 'expired',
		});
		api.onList = () => answer(200, { items: [expired(), { id: 'b', status_code: 'running' }] });
		const seen: string[] = [];
		api.onRead = (id) => void seen.push(`${id} ${Date.now() - 1_000_000 < 7_000}`);
		await api.waitForAll();
		expect(seen).toContain('a true');
	});

	it('reads runs by themselves now and then, because a list may be behind', async () => {
		const api = new ClockedApi({ a: 5_000, b: 5_000 });
		api.listsBehindMs = 12_000;
		expect(idsOf(await api.waitForAll())).toEqual([1, 1]);
		expect(Date.now()).toBeLessThan(1_011_000);
	});

	it('asks no more often for many runs, because a list may be behind', async () => {
		const ids = Array.from({ length: 100 }, (_, index) => [`r${index}`, 20_000] as const);
		const api = new ClockedApi(Object.fromEntries(ids));
		expect(new Set(idsOf(await api.waitForAll()))).toEqual(new Set([1]));
		expect(api.reads).toEqual([]);
	});

	it('asks for new lists where the clock is set back meanwhile', async () => {
		const api = new ClockedApi({ a: 5_000, b: 5_000 });
		const began = performance.now();
		let hour: number | null = 3_600_000;
		api.onList = () => {
			if (hour !== null) jest.setSystemTime(Date.now() - hour);
			hour = null;
			const status_code = performance.now() - began < 5_000 ? 'running' : 'succeeded';
			return answer(200, { items: ['a', 'b'].map((id) => ({ ...succeededRun, id, status_code })) });
		};
		expect(idsOf(await api.waitForAll())).toEqual([1, 1]);
		expect(performance.now() - began).toBeLessThan(8_000);
	});

	it('repeats the last look at the deadline where it fails', async () => {
		const api = new ClockedApi({ a: 9_900 });
		let refused = 0;
		api.onRead = () => (Date.now() >= 1_010_000 && refused++ === 0 ? answer(503) : null);
		expect(idsOf(await api.waitForAll({ pollSeconds: 60, timeoutSeconds: 10 }))).toEqual([1]);
		expect(refused).toBe(2);
	});

	it.each([400, 401, 403, 404, 422])(
		'reads each by itself where the list is refused with %i',
		async (httpStatus) => {
			const api = new ClockedApi({ a: 3_000, b: 3_000 });
			api.onList = () => answer(httpStatus);
			expect(idsOf(await api.waitForAll())).toEqual([1, 1]);
			expect(new Set(api.reads)).toEqual(new Set(['a', 'b']));
			expect(api.lists.length).toBeLessThan(5);
		},
	);

	it.each([
		['503', answer(503)],
		['a lost connection', new RunflowConnectionError('ECONNRESET', false)],
		['nonsense', answer(200, 'hello')],
	])('gives the list up after some time of %s', async (_name, failure) => {
		const api = new ClockedApi({ a: 20_000, b: 20_000 });
		api.onList = () => failure;
		expect(idsOf(await api.waitForAll())).toEqual([1, 1]);
		expect(api.lists.length).toBeLessThan(7);
	});

	it('waits as long as a list that is rate limited asks for', async () => {
		const api = new ClockedApi({ a: 3_000, b: 3_000 });
		let refused = 0;
		api.onList = () => {
			refused += 1;
			return refused === 1 ? { ...answer(429), headers: { 'retry-after': '30' } } : null;
		};
		expect(idsOf(await api.waitForAll())).toEqual([1, 1]);
		expect(Date.now()).toBeGreaterThanOrEqual(1_030_000);
	});

	it('reads each by itself before it gives up at the deadline', async () => {
		const api = new ClockedApi({ a: 60_000, b: 60_000 });
		const settled = await api.waitForAll({ timeoutSeconds: 10 });
		expect(idsOf(settled)).toEqual([
			expect.stringContaining('RunDeadlineError'),
			expect.stringContaining('RunDeadlineError'),
		]);
		expect(api.reads.slice(-2).sort()).toEqual(['a', 'b']);
	});

	it('hardly reads before runs of the same kind usually end', async () => {
		const first = new ClockedApi({ a: 20_000, b: 20_000 });
		await first.waitForAll({ kind: 'pendingRuns test' });
		const second = new ClockedApi({ a: 20_000, b: 20_000 });
		await second.waitForAll({ kind: 'pendingRuns test' });
		expect(first.lists.length).toBeGreaterThan(12);
		expect(second.lists.length).toBeLessThan(7);
	});
});

describe('reading several runs at once', () => {
	const many = { ids: new Set(['a', 'b']), createdAt: 1_000_000 };

	it('takes what the list shows, and reads what it does not', async () => {
		const asked: string[] = [];
		const client = new RunflowClient(
			async ({ path }) => {
				asked.push(path);
				return path === '/v1/runs'
					? answer(200, { items: [{ ...succeededRun, id: 'a' }] })
					: answer(404, { code: 'RUN_NOT_FOUND' });
			},
			async () => {},
		);
		const runs = await client.readRuns(many, 'usual');
		expect(runs.get('a')).toMatchObject({ id: 'a', status: 'succeeded' });
		expect(runs.get('b')).toBeInstanceOf(RunflowApiError);
		expect(asked).toEqual(['/v1/runs', '/v1/runs/b']);
	});

	it('reads an ended run by itself whose images are not in the list', async () => {
		const asked: string[] = [];
		const client = new RunflowClient(
			async ({ path }) => {
				asked.push(path);
				const listed = { id: 'a', status_code: 'succeeded' };
				return path === '/v1/runs'
					? answer(200, { items: [listed, { ...queuedRun, id: 'b' }] })
					: answer(200, path.endsWith('a') ? { ...succeededRun, id: 'a' } : queuedRun);
			},
			async () => {},
		);
		const runs = await client.readRuns(many, 'usual');
		expect(runs.get('a')).toMatchObject({ images: [expect.anything()] });
		expect(runs.get('b')).toMatchObject({ status: 'queued' });
		expect(asked).toEqual(['/v1/runs', '/v1/runs/a', '/v1/runs/b']);
	});

	it.each([
		['all have ended', ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd'], 'a b c d'],
		['one is pending', ['b', 'c', 'd'], [], 'a'],
		['a later one is pending', ['a'], ['a'], 'a b c'],
	])(
		'does not believe a list that is behind: where %s',
		async (_name, ended, seenEnded, readAlone) => {
			const ids = ['a', 'b', 'c', 'd'];
			const reads: string[] = [];
			const client = new RunflowClient(
				async ({ path }) => {
					const id = path.split('/').at(-1) ?? '';
					if (id === 'runs')
						return answer(200, { items: ids.map((one) => ({ ...queuedRun, id: one })) });
					reads.push(id);
					return answer(200, { ...(ended.includes(id) ? succeededRun : queuedRun), id });
				},
				async () => {},
			);
			const runs = await client.readRuns({ ids: new Set(ids), createdAt: 1_000_000 }, 'status');
			const isEnded = (id: string) => {
				const run = runs.get(id);
				return run !== undefined && 'status' in run && run.status === 'succeeded';
			};
			expect(ids.filter(isEnded)).toEqual(seenEnded);
			expect(reads.join(' ')).toBe(readAlone);
		},
	);
});
