import { RunflowConnectionError } from '../../runflow/errors';
import type { ApiAnswer } from '../../runflow/request';
import { queuedRun, runId } from '../fixtures/answers';
import {
	answer,
	created,
	list,
	lost,
	ok,
	post,
	read,
	refused,
	request,
	scripted,
	search,
} from './scriptedClient';

describe('creating a run', () => {
	it('sends the key, and returns the run', async () => {
		const { create, asked } = scripted(ok);
		expect((await created(create())).id).toBe(runId);
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
		expect((await created(create())).id).toBe(runId);
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

	it('is sure of no run where the list has none of the unclear try, and the API refuses the input', async () => {
		const { create, steps } = scripted(list(), answer(422));
		expect(await create({ uncertain: true })).toMatchObject({
			error: { httpStatus: 422 },
			mayBePaid: false,
		});
		expect(steps()).toEqual([search, post]);
	});

	it.each([400, 401, 402, 403, 404, 422])('never sends again after %i', async (httpStatus) => {
		const { create, steps } = scripted(answer(httpStatus));
		expect(await create()).toMatchObject({ error: { httpStatus }, mayBePaid: false });
		expect(steps()).toEqual([post]);
	});

	it('says that the run may exist when it gives up without a clear answer', async () => {
		const { create, steps } = scripted(...Array<Error>(12).fill(lost));
		expect(await create()).toMatchObject({ error: { code: 'ECONNRESET' }, mayBePaid: true });
		expect(steps()).toHaveLength(6);
	});

	it('creates nothing more once it is stopped, but still searches for a run it may have created', async () => {
		const stop = new AbortController();
		const stopped = scripted();
		stop.abort();
		expect(await stopped.create({ signal: stop.signal })).toMatchObject({
			error: { code: 'STOPPED' },
			mayBePaid: false,
		});
		expect(stopped.steps()).toEqual([]);

		const unclear = scripted(list(queuedRun), ok);
		expect((await created(unclear.create({ signal: stop.signal, uncertain: true }))).id).toBe(
			runId,
		);
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
		expect(await created(create())).toMatchObject({ id: runId, status: 'queued' });
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
			expect((await created(create())).id).toBe(runId);
			expect(steps()).toEqual([post, search, search, search, read]);
		},
	);

	it('may be paid for when it is looked for and never found', async () => {
		const { create, steps } = scripted(nameless, ...Array<ApiAnswer>(9).fill(list()));
		expect(await create()).toMatchObject({
			error: { code: 'UNREADABLE_ANSWER' },
			mayBePaid: true,
		});
		expect(steps()).toEqual([post, search, search, search, search]);
	});

	it.each([
		['404', answer(404)],
		['403', answer(403)],
		['an answer that is no run', answer(200, {})],
	])('is there when the list holds it, even if reading it ends with %s', async (_name, unread) => {
		const { create, steps } = scripted(lost, list(queuedRun), unread);
		expect(await created(create())).toMatchObject({ id: runId, status: 'queued' });
		expect(steps()).toEqual([post, search, read]);
	});

	it('is looked for after a conflict, which says that its key was seen', async () => {
		const { create, steps } = scripted(answer(409), list(), list(queuedRun), ok);
		expect((await created(create())).id).toBe(runId);
		expect(steps()).toEqual([post, search, search, read]);
	});

	it('may be paid for when a conflict was all that came back', async () => {
		const { create, steps } = scripted(answer(409), ...Array<ApiAnswer>(9).fill(list()));
		expect(await create()).toMatchObject({ error: { httpStatus: 409 }, mayBePaid: true });
		expect(steps()).toEqual([post, search, search, search, search]);
	});
});
