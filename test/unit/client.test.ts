import { RunflowClient } from '../../runflow/client';
import type { CreateOptions } from '../../runflow/createRun';
import { RunflowConnectionError, type RunflowError } from '../../runflow/errors';
import { generateInputSchema } from '../../runflow/input';
import type { ApiAnswer, ApiRequest } from '../../runflow/request';
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
		['a search that the API does not offer', [lost, answer(400), ok], [post, search, post]],
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

	it('relies on the key alone when the reference is not its own', async () => {
		const { create, steps, asked } = scripted(lost, ok);
		await create({ findable: false });
		expect(steps()).toEqual([post, post]);
		expect(asked.map(({ headers }) => headers?.['Idempotency-Key'])).toEqual(['key-1', 'key-1']);
	});

	it('searches first when an earlier try was unclear', async () => {
		const { create, steps } = scripted(list(queuedRun), ok);
		await create({ uncertain: true });
		expect(steps()).toEqual([search, read]);
	});

	it.each([400, 401, 402, 403, 404, 409, 422])('never sends again after %i', async (httpStatus) => {
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
