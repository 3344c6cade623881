import nock from 'nock';

import { queuedRun, runId, succeededRun } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const models = '/v1/models/openai/gpt-image-2/runs';
const input = [{ json: { prompt: 'a brass sign' } }];
const workflow = goldenWorkflow('generate', { options: { download: false } });

/** When the crashed execution began, which n8n copies into its retry. */
const establishedAt = Date.now();

interface Sent {
	client_ref: string;
	input: Record<string, unknown>;
}

/** What the crashed execution sent: the same node and prompt, under an execution id of its own. */
async function sentByCrashed(): Promise<Sent> {
	return await sentBy(workflow);
}

/** What a workflow with one item sends before it crashes. */
async function sentBy(crashing: typeof workflow): Promise<Sent> {
	let sent: Sent = { client_ref: '', input: {} };
	nock(apiUrl)
		.post(models, (body) => {
			sent = body as Sent;
			return true;
		})
		.reply(201, succeededRun);
	await runWorkflow(crashing, { input, establishedAt, executionId: '17' });
	return sent;
}

/** The runs that the API lists to a retry, and how many more it creates. */
async function retryWith(
	run: object,
	retried = workflow,
): Promise<{ created: number; ids: unknown[] }> {
	let created = 0;
	nock(apiUrl)
		.get('/v1/runs')
		.query(true)
		.reply(200, { items: [run], next: null });
	nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, run);
	nock(apiUrl)
		.post(models)
		.reply(201, () => {
			created += 1;
			return { ...succeededRun, id: '01970c11-2222-7333-8444-000000000099' };
		});
	const retry = { input, establishedAt, executionId: '18', mode: 'retry' } as const;
	const { items } = await runWorkflow(retried, retry);
	return { created, ids: items.map(({ json }) => json.run_id) };
}

const now = () => new Date().toISOString();

const orphanId = '01970c11-2222-7333-8444-000000000042';

/** What a crashed execution of two items sent, as the list has it; the second prompt is asked for no more. */
async function listedAfterCrash(): Promise<object[]> {
	const sent: Sent[] = [];
	nock(apiUrl)
		.post(models, (body) => {
			sent.push(body as Sent);
			return true;
		})
		.twice()
		.reply(201, succeededRun);
	const prompts = [...input, { json: { prompt: 'a copper sign' } }];
	await runWorkflow(workflow, { input: prompts, establishedAt, executionId: '17' });
	return sent.map((request, index) => ({
		...succeededRun,
		...request,
		id: index === 0 ? runId : orphanId,
		created_at: now(),
	}));
}

describe('the retry of an execution that crashed', () => {
	it('continues with the run that the crashed execution started', async () => {
		const sent = await sentByCrashed();
		const run = { ...succeededRun, ...sent, created_at: now() };
		expect(await retryWith(run)).toEqual({ created: 0, ids: [runId] });
	});

	it.each([
		[
			'belongs to another n8n',
			({ client_ref, input: same }: Sent) => ({
				client_ref: client_ref.replace(/^n8n:[0-9a-f]+/, 'n8n:0123456789ab'),
				input: same,
			}),
		],
		[
			'belongs to another execution of the workflow',
			({ client_ref, input: same }: Sent) => ({
				client_ref: client_ref.replace(/@\w+/, '@abc'),
				input: same,
			}),
		],
		[
			'belongs to another execution that began in the same millisecond',
			({ client_ref, input: same }: Sent) => ({
				client_ref: client_ref.replace(/(@\w+)\.\w+/, '$1.0123456789'),
				input: same,
			}),
		],
		[
			'belongs to another item, of an execution whose beginning is not known',
			({ client_ref, input: same }: Sent) => ({
				client_ref: client_ref.replace(/@[\w.]+/, '').replace(/0\.0\.1$/, '0.1.1'),
				input: same,
			}),
		],
		['failed', (sent: Sent) => ({ ...sent, status_code: 'failed', output: null })],
		[
			'is older than that execution',
			(sent: Sent) => ({ ...sent, created_at: '2020-01-01T00:00:00Z' }),
		],
	])('starts a new run where the one it finds %s', async (_name, change) => {
		const sent = await sentByCrashed();
		const run = { ...succeededRun, created_at: now(), ...change(sent) };
		expect((await retryWith(run)).created).toBe(1);
	});

	it.each([
		['its item has another index now', /:0\.0\.1$/, ':0.4.1'],
		['n8n counts the round of the node anew', /:0\.0\.1$/, ':3.0.1'],
		['n8n says when its execution began, and nothing more', /(@\w+)\.\w+/, '$1'],
		['n8n does not say when its execution began', /@[\w.]+/, ''],
	])('continues with the run of the crashed execution although %s', async (_name, part, now36) => {
		const { client_ref, ...sent } = await sentByCrashed();
		const ref = client_ref.replace(part, now36);
		expect(ref).not.toBe(client_ref);
		const run = { ...succeededRun, ...sent, client_ref: ref, created_at: now() };
		expect(await retryWith(run)).toEqual({ created: 0, ids: [runId] });
	});

	it.each([
		['the same for all items', 'order-17'],
		['made from the id of the execution', '=order-{{ $execution.id }}-{{ $itemIndex }}'],
	])(
		"finds each item's run by a reference of the user's own that is %s",
		async (_name, clientRef) => {
			const own = goldenWorkflow('generate', { options: { download: false, clientRef } });
			const prompts = ['p0', 'p1', 'p2'].map((prompt) => ({ json: { prompt } }));
			const runs: Array<typeof succeededRun> = [];
			nock(apiUrl)
				.persist()
				.post(models)
				.reply(201, (_uri, body) => {
					const id = `${runId.slice(0, -1)}${runs.length}`;
					const sent = body as unknown as Sent & typeof succeededRun;
					runs.unshift({ ...succeededRun, ...sent, id, created_at: now() });
					return runs[0];
				})
				.get('/v1/runs')
				.query(true)
				.reply(200, () => ({ items: runs, next: null }))
				.get(/runs/)
				.reply(200, (uri) => runs.find(({ id }) => uri.endsWith(id)));
			const first = await runWorkflow(own, { input: prompts, executionId: '17' });
			const retry = { input: prompts, executionId: '1800', mode: 'retry' } as const;
			const again = await runWorkflow(own, retry);
			const idsOf = ({ items }: typeof first) => items.map(({ json }) => json.run_id);
			expect(idsOf(again)).toEqual(idsOf(first));
			expect(runs).toHaveLength(3);
		},
	);

	it.each([
		['without the prompt', { quality: 'high' }],
		['trimmed, with numbers as text and defaults left out', { prompt: 'a brass sign', seed: '1' }],
		['not at all', null],
	])('continues with its run where the API stored the input %s', async (_name, stored) => {
		const { client_ref } = await sentByCrashed();
		const run = { ...succeededRun, client_ref, input: stored, created_at: now() };
		expect(await retryWith(run)).toEqual({ created: 0, ids: [runId] });
	});

	it('continues with its run whatever its prompt evaluates to now', async () => {
		const volatile = goldenWorkflow('generate', {
			prompt: '=a sign at {{ $now.toMillis() }} {{ Math.random() }}',
			options: { download: false },
		});
		const { client_ref } = await sentBy(volatile);
		const run = { ...succeededRun, client_ref, created_at: now() };
		expect(await retryWith(run, volatile)).toEqual({ created: 0, ids: [runId] });
	});

	it.each([
		['an hour before', -3_600_000],
		['six minutes before', -360_000],
		['an hour after', 3_600_000],
	])("continues with its run where the API's clock is %s n8n's", async (_name, apart) => {
		const sent = await sentByCrashed();
		const created_at = new Date(Date.now() + apart).toISOString();
		const run = { ...succeededRun, ...sent, created_at };
		expect(await retryWith(run)).toEqual({ created: 0, ids: [runId] });
	});

	it.each([
		['a relative URL', '/v1/runs?limit=200&pq=two'],
		['a query', '?pq=two'],
		['an opaque cursor', 'v1:two'],
	])('finds its run on a page that is named by %s', async (_name, next) => {
		const sent = await sentByCrashed();
		const run = { ...succeededRun, ...sent, created_at: now() };
		const other = { ...queuedRun, id: 'other', client_ref: null, created_at: now() };
		const isSecond = ({ pq }: { pq?: string }) => pq === 'two' || pq === 'v1:two';
		nock(apiUrl)
			.get('/v1/runs')
			.query((query) => isSecond(query))
			.reply(200, { items: [run] })
			.get('/v1/runs')
			.query((query) => !isSecond(query))
			.reply(200, { items: [other], next })
			.get(`/v1/runs/${runId}`)
			.reply(200, run);
		const retry = { input, establishedAt, executionId: '18', mode: 'retry' } as const;
		const { items } = await runWorkflow(workflow, retry);
		expect(items.map(({ json }) => json.run_id)).toEqual([runId]);
	});

	it('finds its run behind more than 5,000 others', async () => {
		const sent = await sentByCrashed();
		const run = { ...succeededRun, ...sent, created_at: now() };
		const others = (page: number) =>
			Array.from({ length: 200 }, (_, number) => ({
				...queuedRun,
				id: `other ${page} ${number}`,
				client_ref: null,
				created_at: now(),
			}));
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply((uri) => {
				const page = Number(new URL(uri, apiUrl).searchParams.get('pq') ?? 0);
				return [200, page < 30 ? { items: others(page), next: `${page + 1}` } : { items: [run] }];
			})
			.get(`/v1/runs/${runId}`)
			.reply(200, run);
		const retry = { input, establishedAt, executionId: '18', mode: 'retry' } as const;
		const { items } = await runWorkflow(workflow, retry);
		expect(items.map(({ json }) => json.run_id)).toEqual([runId]);
	});

	it.each([
		['refuses to list runs', {}],
		['refuses the second page', { pq: '2' }],
	])('pays nothing where the API %s, and says what to do', async (_name, refused) => {
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query((query) => 'pq' in refused === 'pq' in query)
			.reply(403, {})
			.get('/v1/runs')
			.query((query) => !('pq' in query))
			.reply(200, { items: [{ ...queuedRun, id: 'other', created_at: now() }], next: '2' });
		const api = nock(apiUrl).post(models).reply(201, succeededRun);
		const { error } = await runWorkflow(workflow, { input, mode: 'retry' });
		expect(error?.context).toMatchObject({ code: 'RUNS_UNKNOWN' });
		expect(error?.description).toContain('(HTTP 403)');
		expect(error?.description).toContain('start a new execution');
		expect(api.isDone()).toBe(false);
	});
});

describe('the retry of a crashed execution where the list says little', () => {
	const own = goldenWorkflow('generate', { options: { download: false, clientRef: 'order-17' } });

	it('finds its run where the list does not name references', async () => {
		const sent = await sentByCrashed();
		const run = { ...succeededRun, ...sent, created_at: now() };
		const { client_ref, ...unnamed } = run;
		let created = 0;
		nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [unnamed], next: null })
			.get(`/v1/runs/${runId}`)
			.twice()
			.reply(200, { ...run, client_ref })
			.post(models)
			.reply(201, () => ({ ...succeededRun, id: `new ${(created += 1)}` }));
		const retry = { input, establishedAt, executionId: '18', mode: 'retry' } as const;
		const { items } = await runWorkflow(workflow, retry);
		expect(items.map(({ json }) => json.run_id)).toEqual([runId]);
		expect(created).toBe(0);
	});

	it.each([
		['finds its run by it', 0, [runId]],
		['starts one where there is none', -7_200_000, ['new']],
	])("asks for the user's own reference by itself, and %s", async (_name, apart, ids) => {
		const sent = await sentBy(own);
		const created_at = new Date(Date.now() + apart).toISOString();
		const run = { ...succeededRun, ...sent, created_at };
		const asksFor = ({ q }: { q?: string }) => q === "client_ref.EQ:'order-17'";
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query((query) => !asksFor(query))
			.reply(403, {})
			.get('/v1/runs')
			.query((query) => asksFor(query))
			.reply(200, { items: [run], next: null })
			.get(`/v1/runs/${runId}`)
			.reply(200, run)
			.post(models)
			.reply(201, { ...succeededRun, id: 'new' });
		const retry = { input, establishedAt, executionId: '18', mode: 'retry' } as const;
		const { items } = await runWorkflow(own, retry);
		expect(items.map(({ json }) => json.run_id)).toEqual(ids);
	});

	it("takes no older run for its own by the user's reference alone", async () => {
		const sent = await sentBy(own);
		const created_at = new Date(Date.now() - 1_200_000).toISOString();
		const run = { ...succeededRun, ...sent, created_at };
		expect((await retryWith(run, own)).created).toBe(1);
	});
});

describe('runs of a crashed execution that its retry has no item for', () => {
	const list = (runs: object[]) =>
		nock(apiUrl).get('/v1/runs').query(true).reply(200, { items: runs, next: null });

	it('are named above the output where the others were continued', async () => {
		const runs = await listedAfterCrash();
		const listed = list(runs);
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, runs[0]);
		const { error, hints } = await runWorkflow(workflow, {
			input,
			establishedAt,
			executionId: '18',
			mode: 'retry',
		});
		expect(error).toBeUndefined();
		expect(listed.isDone()).toBe(true);
		expect(hints.filter((hint) => hint.includes(orphanId))).toHaveLength(1);
		expect(hints.join()).not.toContain(runId);
	});

	it('are named in the error where nothing could be continued', async () => {
		list(await listedAfterCrash());
		nock(apiUrl).post(models).reply(402, { code: 'INSUFFICIENT_FUNDS', message: 'No money.' });
		const { error } = await runWorkflow(workflow, {
			input: [{ json: { prompt: 'a wooden sign' } }],
			establishedAt,
			executionId: '18',
			mode: 'retry',
		});
		expect(error?.description).toContain(`${runId}, ${orphanId}`);
		expect(error?.context?.paid_runs).toEqual([runId, orphanId]);
	});

	it('are not those of another round of a loop, of a failed run, or of somebody else', async () => {
		const [own, other] = await listedAfterCrash();
		const { client_ref: ref } = other as Sent;
		list([
			{ ...own, client_ref: ref.replace(/:0\.1\.1$/, ':1.1.1') },
			{ ...own, client_ref: ref, status_code: 'failed' },
			{ ...own, client_ref: 'order-17' },
			{ ...own, client_ref: null },
		]);
		nock(apiUrl).post(models).reply(402, {});
		const retry = { input, establishedAt, executionId: '18', mode: 'retry' } as const;
		const { error } = await runWorkflow(workflow, retry);
		expect(error?.context?.paid_runs).toBeUndefined();
	});
});

describe('any other execution', () => {
	it('does not look for earlier runs', async () => {
		const list = nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [queuedRun] });
		nock(apiUrl).post(models).reply(201, succeededRun);
		await runWorkflow(workflow, { input });
		expect(list.isDone()).toBe(false);
	});
});
