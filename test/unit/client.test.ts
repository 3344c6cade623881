import { RunflowClient } from '../../runflow/client';
import type { CreateOptions } from '../../runflow/createRun';
import { RunflowConnectionError, type RunflowError } from '../../runflow/errors';
import { generateInputSchema } from '../../runflow/input';
import type { ApiAnswer, ApiRequest } from '../../runflow/request';
import { isSameInput, isWholeInput } from '../../runflow/sameInput';
import { queuedRun, runId } from '../fixtures/answers';

const request = {
	input: generateInputSchema.parse({ prompt: 'a brass sign' }),
	client_ref: 'order-17',
};
const ok = { httpStatus: 201, headers: {}, body: queuedRun };
const lost = new RunflowConnectionError('ECONNRESET', false);
const refused = new RunflowConnectionError('ECONNREFUSED', true);
const answer = (httpStatus: number, body: unknown = {}): ApiAnswer => ({
	httpStatus,
	headers: {},
	body,
});
const list = (...items: unknown[]) => answer(200, { items });

/** Returns the answers in turn and records the requests. */
function scripted(...answers: Array<ApiAnswer | Error>) {
	const asked: ApiRequest[] = [];
	const client = new RunflowClient(
		async (sent) => {
			asked.push(sent);
			const next = answers.shift();
			if (next === undefined) throw new Error('asked too often');
			if (next instanceof Error) throw next;
			return next;
		},
		async () => {},
	);
	const create = async (options: Partial<CreateOptions> = {}) =>
		await client.createRun('openai/gpt-image-2', request, {
			idempotencyKey: 'key-1',
			startedAt: Date.parse(queuedRun.created_at),
			findable: true,
			uncertain: false,
			timeoutMs: 1000,
			signal: new AbortController().signal,
			...options,
		});
	const steps = () => asked.map(({ method, path }) => `${method} ${path.replace(/^\/v1\//, '')}`);
	return { client, create, asked, steps };
}

const post = 'POST models/openai/gpt-image-2/runs';
const search = 'GET runs';
const read = `GET runs/${runId}`;

describe('creating a run', () => {
	it('sends the key, and returns the run', async () => {
		const { create, asked } = scripted(ok);
		expect((await create()).id).toBe(runId);
		expect(asked[0]).toMatchObject({ headers: { 'Idempotency-Key': 'key-1' }, body: request });
	});

	it.each([
		['a lost connection', [lost, list(queuedRun), ok], [post, search, read]],
		['a 5xx', [answer(502), list(), ok], [post, search, post]],
		['a connection that was never made', [refused, ok], [post, post]],
		['a 429', [answer(429), ok], [post, post]],
		[
			'a search that fails for a while',
			[lost, answer(503), list(queuedRun), ok],
			[post, search, search, read],
		],
		[
			'a search that the API does not offer',
			[lost, answer(400), answer(400), ok],
			[post, search, search, post],
		],
		[
			'a search that ignores its filter',
			[lost, list({ ...queuedRun, client_ref: 'another' }), ok],
			[post, search, post],
		],
		[
			'a conflict with its own lost try',
			[lost, list(), answer(409), list(queuedRun), ok],
			[post, search, post, search, read],
		],
	])('continues after %s without paying twice', async (_name, answers, expected) => {
		const { create, steps } = scripted(...answers);
		expect((await create()).id).toBe(runId);
		expect(steps()).toEqual(expected);
	});

	it('sends the same key again where no run is found by a reference that is not its own', async () => {
		const { create, steps, asked } = scripted(lost, list(), ok);
		await create({ findable: false });
		expect(steps()).toEqual([post, search, post]);
		expect(asked.map(({ headers }) => headers?.['Idempotency-Key'])).toEqual([
			'key-1',
			undefined,
			'key-1',
		]);
	});

	it('searches first when an earlier try was unclear', async () => {
		const { create, steps } = scripted(list(queuedRun), ok);
		await create({ uncertain: true });
		expect(steps()).toEqual([search, read]);
	});

	it.each([400, 401, 402, 403, 404, 422])('never sends again after %i', async (httpStatus) => {
		const { create, steps } = scripted(answer(httpStatus));
		await expect(create()).rejects.toMatchObject({ httpStatus, mayBePaid: false });
		expect(steps()).toEqual([post]);
	});

	it('says that the run may exist when it gives up without a clear answer', async () => {
		const { create, steps } = scripted(...Array<Error>(12).fill(lost));
		const error = await create().catch((thrown: RunflowError) => thrown);
		expect(error).toMatchObject({ mayBePaid: true, code: 'ECONNRESET' });
		expect(steps()).toHaveLength(6);
	});

	it('creates nothing more once it is stopped, but still searches for a run it may have created', async () => {
		const stop = new AbortController();
		const stopped = scripted();
		stop.abort();
		await expect(stopped.create({ signal: stop.signal })).rejects.toMatchObject({
			code: 'STOPPED',
		});
		expect(stopped.steps()).toEqual([]);

		const unclear = scripted(list(queuedRun), ok);
		expect((await unclear.create({ signal: stop.signal, uncertain: true })).id).toBe(runId);
	});
});

describe('a create that was accepted', () => {
	const nameless = answer(201, { status_code: 'queued' });

	it.each([
		['no status', { status_code: undefined }],
		['a status that is null', { status_code: null }],
		['a status of another type', { status_code: 201 }],
		['its id under the other name, beside one that is null', { id: null, run_id: runId }],
		['its id under the other name, beside a number', { id: 17, run_id: runId }],
		['an empty status beside a good one', { status_code: '', status: 'queued' }],
	])('is a run with %s', async (_name, changes) => {
		const { create, steps } = scripted(answer(201, { ...queuedRun, ...changes }));
		expect(await create()).toMatchObject({ id: runId, status: 'queued' });
		expect(steps()).toEqual([post]);
	});

	it.each([
		['without an id', nameless],
		['that is a web page', answer(200, '<html>')],
		['that is empty', answer(204, '')],
		['that broke off', new RunflowConnectionError('ERR_BAD_RESPONSE', false, true)],
	])(
		'is never sent again after an answer %s, but looked for until it is found',
		async (_name, accepted) => {
			const { create, steps } = scripted(accepted, list(), answer(503), list(queuedRun), ok);
			expect((await create()).id).toBe(runId);
			expect(steps()).toEqual([post, search, search, search, read]);
		},
	);

	it('names its reference when it is looked for in vain', async () => {
		const { create, steps } = scripted(nameless, ...Array<ApiAnswer>(9).fill(list()));
		await expect(create()).rejects.toMatchObject({
			code: 'UNREADABLE_ANSWER',
			mayBePaid: true,
			clientRef: 'order-17',
		});
		expect(steps()).toEqual([post, search, search, search, search]);
	});

	it.each([
		['404', answer(404)],
		['403', answer(403)],
		['an answer that is no run', answer(200, {})],
	])('is there when the list holds it, even if reading it ends with %s', async (_name, unread) => {
		const { create, steps } = scripted(lost, list(queuedRun), unread);
		expect(await create()).toMatchObject({ id: runId, status: 'queued' });
		expect(steps()).toEqual([post, search, read]);
	});

	it('is looked for after a conflict, which says that its key was seen', async () => {
		const { create, steps } = scripted(answer(409), list(), list(queuedRun), ok);
		expect((await create()).id).toBe(runId);
		expect(steps()).toEqual([post, search, search, read]);
	});

	it('may be paid for when a conflict was all that came back', async () => {
		const { create, steps } = scripted(answer(409), ...Array<ApiAnswer>(9).fill(list()));
		await expect(create()).rejects.toMatchObject({
			httpStatus: 409,
			mayBePaid: true,
			clientRef: 'order-17',
		});
		expect(steps()).toEqual([post, search, search, search, search]);
	});
});

describe('looking for a lost run', () => {
	const began = Date.parse(queuedRun.created_at);
	const at = (minutes: number) => new Date(began + minutes * 60_000).toISOString();
	const page = (next: string, ...items: unknown[]) => answer(200, { items, next });
	const other = { ...queuedRun, id: 'another', client_ref: 'another' };
	const sent = { ...queuedRun, input: { ...request.input, seed: 7 } };

	it('reads page after page, as far back as the attempt began', async () => {
		const younger = { ...other, created_at: at(1) };
		const { create, asked, steps } = scripted(
			lost,
			page('two', younger, younger),
			page('three', younger, younger),
			page('four', queuedRun),
			ok,
		);
		expect((await create()).id).toBe(runId);
		expect(steps()).toEqual([post, search, search, search, read]);
		expect(asked.map(({ query }) => query?.pq)).toEqual([
			undefined,
			undefined,
			'two',
			'three',
			undefined,
		]);

		const older = { ...other, created_at: at(-6) };
		const bounded = scripted(lost, page('two', younger, older), ok);
		await bounded.create();
		expect(bounded.steps()).toEqual([post, search, post]);
	});

	it('ends where the cursor does not change, and after ten pages', async () => {
		const stuck = scripted(lost, page('two', other), page('two', other), ok);
		await stuck.create();
		expect(stuck.steps()).toEqual([post, search, search, post]);

		const endless = scripted(
			lost,
			...Array.from({ length: 10 }, (_, number) => page(`page ${number}`, other)),
			ok,
		);
		await endless.create();
		expect(endless.steps()).toHaveLength(12);
	});

	it("finds it by its input where the reference may be another's", async () => {
		const { create, steps } = scripted(lost, list(sent), answer(200, sent));
		expect((await create({ findable: false })).id).toBe(runId);
		expect(steps()).toEqual([post, search, read]);
	});

	it('takes the input from the run where the list has none', async () => {
		const { create, steps } = scripted(lost, list({ ...sent, input: null }), answer(200, sent));
		expect((await create({ findable: false })).id).toBe(runId);
		expect(steps()).toEqual([post, search, read]);
	});

	it.each([
		['with another input', [list({ ...sent, input: { ...sent.input, prompt: 'b' } })]],
		['with less input', [list({ ...sent, input: { prompt: 'a brass sign' } })]],
		['older than the attempt', [list({ ...sent, created_at: at(-6) })]],
		[
			'whose input nobody knows',
			[list({ ...sent, input: null }), answer(200, { ...sent, input: null })],
		],
		[
			'whose age nobody knows',
			[list({ ...sent, created_at: null }), answer(200, { ...sent, created_at: null })],
		],
	])("never takes a run %s for its own by the user's reference alone", async (_name, answers) => {
		const { create, steps } = scripted(lost, ...answers, ok);
		await create({ findable: false });
		expect(steps().filter((step) => step === post)).toHaveLength(2);
	});

	it('never takes the run of another item for its own', async () => {
		const { create, steps } = scripted(lost, list(sent), ok);
		await create({ findable: false, isTaken: ({ id }) => id === runId });
		expect(steps()).toEqual([post, search, post]);
	});

	it('reads runs one by one where the list does not name their references', async () => {
		const unnamed = (id: string, created_at: string | null) => ({
			...queuedRun,
			id,
			created_at,
			client_ref: undefined,
		});
		const { create, steps } = scripted(
			lost,
			list(unnamed('a', at(1)), unnamed(runId, at(0)), unnamed('old', at(-6))),
			answer(200, { ...other, id: 'a' }),
			ok,
		);
		expect((await create()).id).toBe(runId);
		expect(steps()).toEqual([post, search, 'GET runs/a', read]);

		const many = Array.from({ length: 30 }, (_, number) => unnamed(`r${number}`, at(1)));
		const bounded = scripted(lost, list(...many), ...Array(20).fill(answer(404)), ok);
		await bounded.create();
		expect(bounded.steps().filter((step) => step.startsWith(`${search}/`))).toHaveLength(20);
	});

	it('asks for no reference with a quote in it, and compares it by itself', async () => {
		const mine = { ...queuedRun, client_ref: "it's:mine" };
		const { client, asked } = scripted(list(other, mine), answer(200, mine));
		const wanted = { clientRef: mine.client_ref, startedAt: began, input: null };
		expect((await client.findRun(wanted))?.id).toBe(runId);
		expect(asked[0]?.query).not.toHaveProperty('q');
	});
});

describe('the input of a run', () => {
	const input = {
		prompt: 'a',
		image_size: { width: 1024, height: 640 },
		image_urls: ['https://a/b?x=1'],
	};

	it.each([
		['with keys that the API added', { ...input, seed: 1 }, true],
		['with a URL that was signed again', { ...input, image_urls: ['https://a/b?x=2'] }, true],
		['with another URL', { ...input, image_urls: ['https://a/c?x=1'] }, false],
		['with one image more', { ...input, image_urls: ['https://a/b?x=1', 'https://a/c'] }, false],
		['with another size', { ...input, image_size: { width: 1024, height: 656 } }, false],
		['with a preset for a size', { ...input, image_size: 'square' }, false],
		['with a key missing', { prompt: 'a' }, false],
		['nobody knows', null, false],
	])('%s: the same %s', (_name, stored, same) => {
		expect(isSameInput(input, stored)).toBe(same);
	});

	it('is another where a prompt differs after a question mark', () => {
		expect(isSameInput({ prompt: 'https://a?b' }, { prompt: 'https://a?c' })).toBe(false);
	});

	it.each([
		['has something else in it', { prompt: 'p', seed: 7 }, false],
		['says that something else is absent', { prompt: 'p', seed: null }, true],
		['lacks something', {}, false],
		['is unknown', null, false],
	])('is the whole of it or not where the stored one %s', (_name, stored, same) => {
		expect(isWholeInput({ prompt: 'p' }, stored)).toBe(same);
	});

	it('is not the whole of it where only the query of an image differs', () => {
		const edit = (url: string) => ({ prompt: 'p', image_urls: [url] });
		expect(isWholeInput(edit('https://a/b?sku=1'), edit('https://a/b?sku=2'))).toBe(false);
		expect(isWholeInput(edit('https://a/b?sku=1'), edit('https://a/b?sku=1'))).toBe(true);
	});
});

describe('listing runs', () => {
	const filter = {
		status: 'cancelled',
		clientRef: null,
		createdAfter: '2026-05-20T08:00:00.000Z',
		query: null,
	};
	const whole = { limit: 100, cursor: null };
	const cancelled = { ...queuedRun, status_code: 'canceled' };

	it('asks for the fields that are read, and for all where the whole run is wanted', async () => {
		const { client, asked } = scripted(list(), list());
		await client.listRuns(filter, whole);
		expect(asked[0]?.query?.fields).toMatch(/^id,status_code,.*\bclient_ref\b/);
		await client.listRuns(filter, { ...whole, detail: 'all' });
		expect(asked[1]?.query).not.toHaveProperty('fields');
	});

	it.each([400, 422])(
		'does without what is refused with %i, and filters by itself',
		async (httpStatus) => {
			const older = { ...cancelled, id: 'older', created_at: '2026-05-20T07:00:00Z' };
			const { client, asked } = scripted(
				answer(httpStatus),
				answer(httpStatus),
				answer(200, { items: [queuedRun, cancelled, older], next: 'two' }),
				list(),
			);
			const { runs, cursor } = await client.listRuns(filter, whole);
			expect(runs.map(({ id }) => id)).toEqual([runId]);
			expect(cursor).toBeNull();
			const full =
				"(status_code.EQ:'cancelled' OR status_code.EQ:'canceled') AND created_at>2026-05-20T08:00:00.000Z";
			expect(asked.map(({ query }) => [typeof query?.fields, query?.q])).toEqual([
				['string', full],
				['undefined', full],
				['undefined', undefined],
			]);

			await client.listRuns({ ...filter, query: 'cost>1' }, whole);
			expect(asked[3]?.query).toMatchObject({ q: 'cost>1' });
			expect(asked).toHaveLength(4);
		},
	);

	it('passes on a refusal of what can not be left out', async () => {
		const { client, steps } = scripted(answer(422), answer(422));
		const own = { ...filter, status: null, createdAfter: null, query: 'nonsense' };
		await expect(client.listRuns(own, whole)).rejects.toMatchObject({ httpStatus: 422 });
		expect(steps()).toEqual([search, search]);
	});

	it('returns page after page, so many at most, and keeps those before one that is refused', async () => {
		const page = (id: string, next: string) => answer(200, { items: [{ ...cancelled, id }], next });
		const bounded = scripted(page('a', 'two'), page('b', 'three'));
		const found: Array<[string | undefined, string | null]> = [];
		const wanted = { limit: 1, mostPages: 2 };
		for await (const { cursor, runs } of bounded.client.runPages(filter, wanted)) {
			found.push([runs[0]?.id, cursor]);
		}
		expect(found).toEqual([
			['a', 'two'],
			['b', 'three'],
		]);
		expect(bounded.asked[1]?.query).toMatchObject({ pq: 'two', limit: 1 });

		const { client } = scripted(page('a', 'two'), answer(403));
		const pages = client.runPages(filter, { limit: 1 });
		expect((await pages.next()).value).toMatchObject({ runs: [{ id: 'a' }] });
		await expect(pages.next()).rejects.toMatchObject({ httpStatus: 403 });
	});

	it('has no next page where the cursor does not change', async () => {
		const { client } = scripted(answer(200, { items: [cancelled], next: 'two' }));
		expect((await client.listRuns(filter, { ...whole, cursor: 'two' })).cursor).toBeNull();
	});
});

describe('an error that quotes the API', () => {
	it('hides secrets, those of the credential and whatever looks like one', async () => {
		const { client } = scripted({
			...answer(422, {
				code: 'BAD_rf_svc_1',
				message: 'key rf_live_Abc123 or my-own-secret, Bearer abcdefghijkl',
				errors: [{ loc: ['body', 'my-own-secret'], msg: 'whsec_a+b/c= is wrong' }],
			}),
			secrets: ['my-own-secret', ''],
		});
		await expect(client.getRun(runId)).rejects.toMatchObject({
			code: 'BAD_[hidden]',
			detail: 'key [hidden] or [hidden], [hidden]',
			fields: [{ loc: ['body', '[hidden]'], msg: '[hidden] is wrong' }],
		});
	});
});

describe('reading a run', () => {
	it('names the run in every error', async () => {
		const { client } = scripted(answer(404, { code: 'RUN_NOT_FOUND' }));
		await expect(client.getRun(runId)).rejects.toMatchObject({
			httpStatus: 404,
			code: 'RUN_NOT_FOUND',
			runId,
		});
	});

	it('keeps an invalid id within the path', async () => {
		const { client, asked } = scripted(ok);
		await client.getRun('../auth/me?x');
		expect(asked[0]?.path).toBe('/v1/runs/..%2Fauth%2Fme%3Fx');
	});

	it('refuses an answer that is not a run', async () => {
		const { client } = scripted(answer(200, '<html>'));
		await expect(client.getRun(runId)).rejects.toMatchObject({
			code: 'UNREADABLE_ANSWER',
			problem: 'no JSON',
		});
	});
});
