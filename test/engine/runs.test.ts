import nock from 'nock';

import { failedRun, imageUrl, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { apiUrl, bytesOf, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const input = [{ json: {} }];
const path = `/v1/runs/${runId}`;
const onRun = (operation: string, parameters: object = {}, settings = {}) =>
	goldenWorkflow('generate', { resource: 'run', operation, ...parameters }, settings);
const run = async (operation: string, parameters: object = {}) =>
	await runWorkflow(onRun(operation, { runId, ...parameters }), { input });
const numbered = (number: number) => ({
	...succeededRun,
	id: `01970c11-2222-7333-8444-${String(number).padStart(12, '0')}`,
});

describe('get', () => {
	it('returns a run in the one item shape, with its image', async () => {
		const api = nock(apiUrl).get(path).reply(200, succeededRun);
		nock(new URL(imageUrl).origin)
			.get(/.*/)
			.reply(200, gif('bytes'), { 'content-type': 'image/png' });
		const { items } = await run('get');
		expect(items[0]?.json).toMatchObject({ run_id: runId, status: 'succeeded', image_count: 1 });
		expect((await bytesOf(items[0])).toString()).toBe(gif('bytes'));
		expect(api.isDone()).toBe(true);
	});

	it('returns a pending or failed run as a row', async () => {
		nock(apiUrl).get(path).reply(200, queuedRun).get(path).reply(200, failedRun);
		expect((await run('get')).items[0]?.json).toMatchObject({ status: 'queued', image_count: 0 });
		expect((await run('get')).items[0]?.json).toMatchObject({
			status: 'failed',
			failure: { code: 'MODEL_UNAVAILABLE' },
		});
	});

	it('waits until the run has finished when asked to', async () => {
		const api = nock(apiUrl)
			.get(path)
			.twice()
			.reply(200, queuedRun)
			.get(path)
			.reply(200, succeededRun);
		const { items } = await run('get', {
			options: { waitUntilFinished: true, download: false, pollInterval: 0.1 },
		});
		expect(items[0]?.json.status).toBe('succeeded');
		expect(api.isDone()).toBe(true);
	});

	it.each([
		[' ', "'Run ID' must not be empty"],
		['17', "'Run ID' must be a run ID such as '01970c11-2222-7333-8444-555566667777'"],
	])('refuses the id %j', async (id, message) => {
		const { error } = await run('get', { runId: id });
		expect(error?.message).toBe(message);
	});

	it.each([
		['plain text', runId],
		['an expression in plain text', '={{ $json.run_id }}'],
		[
			'chosen from the list',
			{ __rl: true, mode: 'list', value: runId, cachedResultName: 'a sign' },
		],
		['entered by ID', { __rl: true, mode: 'id', value: ` ${runId} ` }],
		['an expression by ID', { __rl: true, mode: 'id', value: '={{ $json.run_id }}' }],
	])('reads the run whose ID is %s', async (_name, value) => {
		const api = nock(apiUrl).get(path).reply(200, queuedRun);
		const workflow = onRun('get', { runId: value });
		const { items } = await runWorkflow(workflow, { input: [{ json: { run_id: runId } }] });
		expect(items[0]?.json.run_id).toBe(runId);
		expect(api.isDone()).toBe(true);
	});

	describe('of a run with several images', () => {
		const outputs = [1, 2, 3].map((number) => ({ url: `https://files.test/${number}` }));
		const severalImages = { ...succeededRun, output: { outputs } };
		beforeEach(() => {
			nock(apiUrl).persist().get(path).reply(200, severalImages);
			nock('https://files.test')
				.persist()
				.get(/.*/)
				.reply(200, (uri) => gif(uri), { 'content-type': 'image/webp' });
		});
		const got = async (options: object, input = [{ json: {} }]) =>
			await runWorkflow(onRun('get', { runId, options }), { input });

		it('outputs the one with that number, named as the node that made it names it', async () => {
			const fromTrigger = [0, 1, 2].map((image_index) => ({ json: { image_index } }));
			const { items, hints } = await got(
				{ imageNumber: '={{ $json.image_index + 1 }}' },
				fromTrigger,
			);
			expect(items.map(({ json }) => [json.image_index, json.image_count, json.file_name])).toEqual(
				[0, 1, 2].map((index) => [index, 3, `brass-sign-7777-${index}.webp`]),
			);
			expect((await bytesOf(items[2])).toString()).toBe(gif('/3'));
			expect(hints).toEqual([]);
		});

		it('outputs them all under the chosen name, in items or in one', async () => {
			const { items } = await got({ fileName: 'sign.webp' });
			expect(items.map(({ json }) => json.file_name)).toEqual(
				[0, 1, 2].map((index) => `sign-${index}.webp`),
			);
			const [whole] = (await got({ fileName: 'sign', output: 'perRun' })).items;
			expect(Object.values(whole?.binary ?? {}).map(({ fileName }) => fileName)).toEqual(
				[0, 1, 2].map((index) => `sign-${index}.webp`),
			);
			expect((await got({ fileName: 'sign', imageNumber: 2 })).items[0]?.json.file_name).toBe(
				'sign-1.webp',
			);
		});

		it.each([
			['../../etc/passwd', 'etc-passwd'],
			['C:\\pictures\\sign', 'C-pictures-sign'],
			['a cat/dog in 1/2', 'a cat-dog in 1-2'],
			['Who? "Me" <again>|*', 'Who- -Me- -again'],
			['.hidden', 'hidden'],
			['a folder/', 'a folder'],
			['tab\tand\0nothing', 'tabandnothing'],
			['..', 'untitled'],
			['/', 'untitled'],
		])('names a file after %j without folders and what a disk refuses', async (fileName, name) => {
			const { items } = await got({ fileName, imageNumber: 1 });
			expect(items[0]?.binary?.data?.fileName).toBe(`${name}-0.webp`);
		});

		it('says so where several items name the same run', async () => {
			const { items, hints } = await got({ download: false }, [{ json: {} }, { json: {} }]);
			expect(items).toHaveLength(6);
			expect(hints).toEqual([expect.stringContaining(`Several items name run ${runId}`)]);
		});

		it('refuses a number that it does not have', async () => {
			const { error } = await got({ imageNumber: 4 });
			expect(error?.message).toBe(`'Image Number' is 4, and run ${runId} has 3 images`);
			expect(error?.description).toContain('Enter a number from 1 to 3, or 0 for all.');
			expect(error?.context?.run_id).toBe(runId);
		});
	});

	it('says that a run was not found, as an error or as a row', async () => {
		nock(apiUrl).persist().get(path).reply(404, { code: 'RUN_NOT_FOUND' });
		expect((await run('get')).error?.message).toBe(`Run ${runId} was not found`);
		const workflow = onRun('get', { runId }, { onError: 'continueRegularOutput' });
		const { items } = await runWorkflow(workflow, { input });
		expect(items[0]?.json).toMatchObject({
			error: `Run ${runId} was not found`,
			details: { run_id: runId },
		});
	});
});

describe('getMany', () => {
	it('reads page after page up to the limit', async () => {
		const pages = [
			{ items: [numbered(1), numbered(2)], next: 'two' },
			{ items: [numbered(3), numbered(4)], next: `${apiUrl}/v1/runs?pq=three` },
			{ items: [numbered(5)], next: null },
		];
		const asked: Array<string | null> = [];
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply((uri) => {
				asked.push(new URL(uri, apiUrl).searchParams.get('pq'));
				return [200, pages[asked.length - 1] ?? {}];
			});
		const { items } = await runWorkflow(onRun('getMany', { returnAll: true }), { input });
		expect(items.map(({ json }) => json.run_id)).toEqual(
			[1, 2, 3, 4, 5].map((number) => numbered(number).id),
		);
		expect(asked).toEqual([null, 'two', 'three']);

		asked.length = 0;
		const limited = await runWorkflow(onRun('getMany', { limit: 3 }), { input });
		expect(limited.items).toHaveLength(3);
		expect(asked).toHaveLength(2);
	});

	it("sends the filter in the API's syntax and checks what comes back", async () => {
		let query = '';
		nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.reply((uri) => {
				query = new URL(uri, apiUrl).searchParams.get('q') ?? '';
				return [
					200,
					{ items: [numbered(1), { ...numbered(2), client_ref: 'another' }], next: null },
				];
			});
		const filters = {
			status: 'succeeded',
			clientRef: 'order-17',
			createdAfter: '2026-05-01T00:00:00Z',
			query: 'cost>0.1',
		};
		const { items } = await runWorkflow(onRun('getMany', { filters }), { input });
		expect(query).toBe(
			"(cost>0.1) AND status_code.EQ:'succeeded' AND client_ref.EQ:'order-17' AND created_at>2026-05-01T00:00:00.000Z",
		);
		expect(items.map(({ json }) => json.run_id)).toEqual([numbered(1).id]);
	});

	const inZone = async (filters: object) => {
		const workflow = onRun('getMany', { filters });
		return await runWorkflow(
			{ ...workflow, settings: { timezone: 'America/Sao_Paulo' } },
			{ input },
		);
	};

	it.each([
		['2026-05-06T10:00:00', '2026-05-06T13:00:00.000Z'],
		['2026-05-06T10:00', '2026-05-06T13:00:00.000Z'],
		['2026-05-06', '2026-05-06T03:00:00.000Z'],
		['2026-05-06T10:00:00.5+02:00', '2026-05-06T08:00:00.500Z'],
		['2026-05-06T10:00:00Z', '2026-05-06T10:00:00.000Z'],
		["={{ DateTime.fromISO('2026-05-06T10:00') }}", '2026-05-06T13:00:00.000Z'],
	])("reads the date %s in the workflow's time zone, as %s", async (createdAfter, moment) => {
		let query: unknown;
		nock(apiUrl)
			.get('/v1/runs')
			.query((asked) => {
				query = asked.q;
				return true;
			})
			.reply(200, { items: [], next: null });
		expect((await inZone({ createdAfter })).error).toBeUndefined();
		expect(query).toBe(`created_at>${moment}`);
	});

	it.each([
		[{ createdAfter: '06.05.2026' }, "'Created After' must be a date such as"],
		[{ createdAfter: 'May 6, 2026' }, "'Created After' must be a date such as"],
		[{ createdAfter: '2026-02-30T10:00:00' }, "'Created After' must be a date such as"],
		[{ createdAfter: '2026-13-01T10:00:00Z' }, "'Created After' must be a date such as"],
		[{ status: "x' OR '1'='1" }, "'Status' must be a status such as"],
	])('refuses %j before anything is sent', async (filters, message) => {
		expect((await inZone(filters)).error?.message).toContain(message);
	});
});

describe('callbacks of a run', () => {
	it('are redelivered', async () => {
		const api = nock(apiUrl)
			.post(`${path}/callback-redeliveries`)
			.reply(201, { id: 'd1', attempt_count: 1 });
		const { items } = await run('redeliverCallback');
		expect(items[0]?.json).toEqual({ run_id: runId, id: 'd1', attempt_count: 1 });
		expect(api.isDone()).toBe(true);
	});

	it('are listed, one row per delivery', async () => {
		nock(apiUrl)
			.get(`${path}/callback`)
			.reply(200, [{ id: 'd1' }, { id: 'd2' }]);
		const { items } = await run('getCallbackDeliveries');
		expect(items.map(({ json, pairedItem }) => [json.id, pairedItem])).toEqual([
			['d1', { item: 0 }],
			['d2', { item: 0 }],
		]);
	});
});

describe('a workflow that was saved when the run ID was plain text', () => {
	it('works as it did', async () => {
		const api = nock(apiUrl)
			.get(`${path}/callback`)
			.reply(200, [{ id: 'd1' }])
			.post(`${path}/callback-redeliveries`)
			.reply(201, { id: 'd2' })
			.get(path)
			.reply(200, succeededRun);
		const { items, error } = await runWorkflow(goldenWorkflow('older-run-id'), { input });
		expect(error).toBeUndefined();
		expect(items[0]?.json.run_id).toBe(runId);
		expect(api.isDone()).toBe(true);
	});
});

describe('as a tool of an agent', () => {
	const tool = { type: 'n8n-nodes-runflow.gptImage2Tool' };

	it('returns little json and no binary field to the model', async () => {
		nock(apiUrl).post(/runs$/).reply(201, succeededRun);
		const { items } = await runWorkflow(goldenWorkflow('generate', { prompt: 'a sign' }, tool), {
			input,
		});
		expect(items).toEqual([
			{
				json: { status: 'succeeded', run_id: runId, url: imageUrl, cost: 0.133 },
				pairedItem: { item: 0 },
			},
		]);
	});

	it('returns failures as a sentence', async () => {
		nock(apiUrl).post(/runs$/).reply(201, failedRun);
		const { items, error } = await runWorkflow(
			goldenWorkflow('generate', { prompt: 'a sign' }, tool),
			{ input },
		);
		expect(error).toBeUndefined();
		expect(items[0]?.json).toEqual({
			error: expect.stringMatching(
				'^The picture \\("a sign"\\) was not made: its run failed. .*The provider did not answer',
			),
		});
	});
});

describe('an operation that does not exist', () => {
	it.each(['toString', 'constructor', '__proto__', 'paint'])(
		'such as %s is refused by its name',
		async (operation) => {
			const workflow = goldenWorkflow('generate', { resource: 'run', operation });
			const { error } = await runWorkflow(workflow, { input });
			expect(error?.message).toBe(`'Operation' has the unknown value '${operation}'`);
		},
	);
});
