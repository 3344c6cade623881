import { sleep, type INode, type INodeParameters } from 'n8n-workflow';
import nock from 'nock';
import { z } from 'zod/v3';

import { liveSuspensions } from '../../nodes/GptImage2/suspension/live';
import { failedRun, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { items } from './executions';
import { apiUrl, runWorkflow, type EngineResult } from './harness';
import { callSuspended } from './suspended';
import { goldenWorkflow } from './workflows';

const storage = 'https://storage.test';

/** Has runs read as they are in the end. */
const end = (runs: Suspended['runs'], ended: object) =>
	runs.forEach((run) => Object.assign(run, { ...ended, id: run.id }));

interface Suspended {
	result: EngineResult;
	/** Its runs as the API has them, all queued at first. */
	runs: Array<{ id: string; httpStatus?: number }>;
	/** What was asked of the API since it was suspended. */
	asked: string[];
	call: (body?: object) => ReturnType<typeof callSuspended>;
}

/** A run with only the fields that a list is asked for. */
const withFields = (run: object, fields: string[] | undefined) =>
	Object.fromEntries(Object.entries(run).filter(([name]) => fields?.includes(name) ?? true));

let tests = 0;

/** Suspends an execution with this many runs. n8n is still saving it, so that the watch doesn't wake it. */
async function suspended(
	count: number,
	parameters: INodeParameters = {},
	settings: Partial<INode> = {},
): Promise<Suspended> {
	tests += 1;
	const runs: Suspended['runs'] = Array.from({ length: count }, (_, n) => ({
		...queuedRun,
		id: `${runId.slice(0, -4)}${6000 + 10 * tests + n}`,
	}));
	let created = 0;
	const asked: string[] = [];
	nock(apiUrl)
		.persist()
		.post(/runs$/)
		.reply(201, () => ({ ...queuedRun, id: runs[created++]?.id }))
		.get(/^\/v1\/runs(\?|$)/)
		.reply((uri) => {
			asked.push(uri);
			const fields = new URL(uri, apiUrl).searchParams.get('fields')?.split(',');
			const readable = runs.filter(({ httpStatus }) => httpStatus === undefined);
			return [200, { items: readable.map((run) => withFields(run, fields)) }];
		})
		.get(/^\/v1\/runs\//)
		.reply((uri) => {
			asked.push(uri);
			const run = runs.find(({ id }) => uri.includes(id));
			return [run?.httpStatus ?? 200, run?.httpStatus === undefined ? run : {}];
		});
	nock('https://n8n.example.com')
		.persist()
		.post(/webhook-waiting/)
		.reply(409, { code: 409, message: 'The execution is running.' });
	const options = { download: false, timeout: 5, ...Object(parameters.options) };
	const workflow = goldenWorkflow(
		'generate',
		{ completion: 'suspend', ...parameters, options },
		settings,
	);
	const prompts = runs.map((_, n) => `p${n}`);
	const result = await runWorkflow(workflow, { input: items(...prompts) });
	expect(result.run.status).toBe('waiting');
	asked.length = 0;
	return { result, runs, asked, call: async (body) => await callSuspended(workflow, result, body) };
}

/** The id of the suspension, as n8n saves it with the execution. */
const suspensionId = ({ run }: EngineResult) =>
	Object.values(run.data.executionData?.contextData ?? {})
		.flatMap(({ suspension }) =>
			typeof suspension === 'string' ? (JSON.parse(suspension) as { id: string }).id : [],
		)
		.join();

const waits = { httpStatus: 200, state: 'pending', items: null };

describe('a call to a suspended execution', () => {
	it('resumes it with the images of its runs, in the order of the items, once all have ended', async () => {
		const { call, runs } = await suspended(2);
		end(runs, succeededRun);
		const { httpStatus, items: out } = await call();
		expect(httpStatus).toBe(200);
		expect(out?.map(({ json, pairedItem }) => [json.run_id, json.status, pairedItem])).toEqual(
			runs.map(({ id }, item) => [id, 'succeeded', { item }]),
		);
		expect(out?.map(({ json }) => [json.image_count, json.failure])).toEqual([
			[1, null],
			[1, null],
		]);
	});

	it('lets it wait on while one of its runs is pending', async () => {
		const { call, runs } = await suspended(2);
		end(runs.slice(0, 1), succeededRun);
		expect(await call()).toEqual(waits);
	});

	it('is answered with 503, so that it comes again, where no run could be read', async () => {
		const { call, runs } = await suspended(1);
		end(runs, { httpStatus: 401 });
		expect(await call()).toEqual({ httpStatus: 503, state: 'pending', items: null });
	});

	it('resumes it with the other images where a run can no longer be read', async () => {
		const { call, runs } = await suspended(2);
		end(runs.slice(0, 1), { httpStatus: 403 });
		end(runs.slice(1), succeededRun);
		const { items: out } = await call();
		expect(out?.map(({ json }) => [json.run_id, json.image_count])).toEqual([
			[runs[0]?.id, 0],
			[runs[1]?.id, 1],
		]);
		expect(JSON.stringify(out?.[0]?.json.failure)).toContain('key');
	});

	it('makes a row with the failure of a run that failed', async () => {
		const { call, runs } = await suspended(1);
		end(runs, failedRun);
		const [row] = (await call()).items ?? [];
		expect(row?.json).toMatchObject({ status: 'failed', failure: { code: 'MODEL_UNAVAILABLE' } });
	});

	it('makes an error row of a run that failed where the node continues on errors', async () => {
		const { call, runs } = await suspended(1, {}, { onError: 'continueErrorOutput' });
		end(runs, failedRun);
		const [row] = (await call()).items ?? [];
		expect(Object.keys(row?.json ?? {})).toEqual(['error', 'details']);
		expect(row?.pairedItem).toEqual({ item: 0 });
	});

	it('adds the whole run of each where that is asked for', async () => {
		const { call, runs } = await suspended(2, { options: { includeRun: true } });
		end(runs, succeededRun);
		const { items: out } = await call();
		expect(out?.map(({ json }) => Object(json.run).started_at)).toEqual([
			succeededRun.started_at,
			succeededRun.started_at,
		]);
	});

	it('lists the images of a run in their order where one of them is gone', async () => {
		const options = { download: true, output: 'perRun' };
		const { call, runs } = await suspended(1, { options });
		const outputs = [0, 1, 2].map((n) => ({ type: 'image', url: `${storage}/${n}.gif` }));
		end(runs, { ...succeededRun, output: { outputs } });
		nock(storage).persist().get('/0.gif').reply(404).get(/gif$/).reply(200, gif('picture'));
		const { items: out } = await call();
		const [row] = out ?? [];
		const images = z.array(z.object({ index: z.number() })).parse(row?.json.images);
		expect(images.map(({ index }) => index)).toEqual([0, 1, 2]);
		expect(row?.json.failure).not.toBeNull();
	});

	it('leads to nothing where it is about an earlier suspension, or only asks', async () => {
		const { asked, call, result, runs } = await suspended(1);
		end(runs, succeededRun);
		expect(await call({ purpose: 'wake', suspensionId: 'earlier' })).toEqual({
			...waits,
			state: 'resumed',
		});
		const own = suspensionId(result);
		expect(await call({ purpose: 'probe', suspensionId: own })).toEqual(waits);
		expect((await call({ purpose: 'wake', suspensionId: own })).items).toHaveLength(1);
		expect(asked.length).toBeGreaterThan(0);
	});

	it('resumes it only once, whoever calls at the same time or after', async () => {
		const { call, runs } = await suspended(1);
		end(runs, succeededRun);
		const answers = [...(await Promise.all([call(), call()])), await call()];
		expect(answers.map(({ items: out }) => out?.length ?? 0).sort()).toEqual([0, 0, 1]);
		expect(answers.map(({ httpStatus }) => httpStatus)).toEqual([200, 200, 200]);
	});
});

describe('the callbacks to a suspended execution', () => {
	it('resume it when the last run has called, and have nothing read before', async () => {
		const { asked, call, runs } = await suspended(3);
		end(runs, succeededRun);
		const [first, second, third] = runs.map(({ id }) => ({ run_id: id }));
		// The first may find out whether this process reaches itself.
		await call(first);
		asked.length = 0;
		expect(await call(second)).toEqual(waits);
		expect((await call(third)).items).toHaveLength(3);
	});
});

describe('whoever watches over a suspended execution', () => {
	it('says when they no longer do, since alarms rely on them', async () => {
		const { result } = await suspended(1, { options: { timeout: 2 } });
		const id = suspensionId(result);
		expect(liveSuspensions.isWatched(id)).toBe(true);
		while (liveSuspensions.isWatched(id)) await sleep(50);
		expect(liveSuspensions.isWatched(id)).toBe(false);
	});
});
