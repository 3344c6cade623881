import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import nock from 'nock';

import { queuedRun, runId, succeededRun } from '../fixtures/answers';
import { apiUrl, credential, runWorkflow } from './harness';
import { retry } from './retry';
import { goldenWorkflow } from './workflows';

jest.setTimeout(30_000);

const models = '/v1/models/openai/gpt-image-2/runs';
const input = [{ json: { prompt: 'a brass sign' } }];
const again = { 'retry-after': '0' };
const fast = { download: false, pollInterval: 0.1 };

interface Sent {
	input: Record<string, unknown>;
	client_ref: string;
}

type Answer = [number, unknown, Record<string, string>?];

/**
 * An API that remembers what was sent to it: `create` answers each POST by its number from 1, `list`
 * each search; a GET answers the run as it was sent.
 */
function api(
	create: (tries: number) => Answer | Error,
	list: (run: object, searches: number) => Answer = (run) => [200, { items: [run] }],
	get: (run: object, reads: number) => Answer = (run) => [200, run],
) {
	const seen: Sent[] = [];
	const counts = { posts: 0, searches: 0, reads: 0 };
	const run = () => ({ ...succeededRun, created_at: new Date().toISOString(), ...seen[0] });
	const reply = ([status, body, headers]: Answer): nock.ReplyFnResult => [
		status,
		body as nock.Body,
		headers ?? {},
	];
	nock(apiUrl)
		.persist()
		.post(models)
		.reply((_uri, body, respond) => {
			seen.push(body as unknown as Sent);
			const answer = create(++counts.posts);
			if (answer instanceof Error) respond(answer, [0, '']);
			else respond(null, reply(answer));
		})
		.get('/v1/runs')
		.query(true)
		.reply(() => reply(list(run(), ++counts.searches)))
		.get(`/v1/runs/${runId}`)
		.reply(() => reply(get(run(), ++counts.reads)));
	return counts;
}

const systemError = (code: string, syscall: string) =>
	Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
/** What a gateway says when it doesn't know whether the API got the request. */
const lost: Answer = [502, {}, again];

async function make(options: object = {}, settings: object = {}) {
	const { items, error } = await runWorkflow(
		goldenWorkflow('generate', { options: { ...fast, ...options } }, settings),
		{ input },
	);
	return { ids: items.map(({ json }) => json.run_id), error };
}

describe('a create whose answer was lost', () => {
	it('is not sent again when the run is listed but can not be read yet', async () => {
		const counts = api(
			() => lost,
			(run) => [200, { items: [{ ...run, status_code: 'queued' }] }],
			(run, reads) => (reads === 1 ? [404, { code: 'RUN_NOT_FOUND' }] : [200, run]),
		);
		expect((await make()).ids).toEqual([runId]);
		expect(counts.posts).toBe(1);
	});

	it('is found on a later page of the list', async () => {
		const other = { ...queuedRun, id: 'x', client_ref: 'x', created_at: new Date().toISOString() };
		const counts = api(
			() => lost,
			(run, searches) => [200, { items: [searches < 3 ? other : run], next: `page ${searches}` }],
		);
		expect((await make()).ids).toEqual([runId]);
		expect(counts).toMatchObject({ posts: 1, searches: 3 });
	});

	it("is found by the user's own reference where the input is the same", async () => {
		const counts = api((tries) => (tries === 1 ? lost : [201, { ...succeededRun, id: 'new' }]));
		expect((await make({ clientRef: 'order-17' })).ids).toEqual([runId]);
		expect(counts.posts).toBe(1);
	});

	it.each([
		['another input', { input: { prompt: 'another' } }],
		['no input', { input: null }],
		['an older age', { created_at: '2020-01-01T00:00:00Z' }],
	])("is not taken for a run of %s by the user's own reference", async (_name, changes) => {
		const counts = api(
			(tries) => (tries === 1 ? lost : [201, { ...succeededRun, id: 'new' }]),
			(run) => [200, { items: [{ ...run, ...changes }] }],
			(run) => [200, { ...run, ...changes }],
		);
		expect((await make({ clientRef: 'order-17' })).ids).toEqual(['new']);
		expect(counts.posts).toBe(2);
	});

	it("is not taken for another item's run by the user's own reference", async () => {
		const answers: Answer[] = [[201, succeededRun], lost, [201, { ...succeededRun, id: 'new' }]];
		const counts = api((tries) => answers[tries - 1] ?? lost);
		const options = { ...fast, clientRef: 'order-17', concurrency: 1 };
		const { items } = await runWorkflow(goldenWorkflow('generate', { options }), {
			input: [...input, ...input],
		});
		expect(items.map(({ json }) => json.run_id)).toEqual([runId, 'new']);
		expect(counts.posts).toBe(3);
	});

	it('is found in a list that does not name references', async () => {
		const counts = api(
			() => lost,
			(run) => [200, { items: [{ ...run, client_ref: undefined }] }],
		);
		expect((await make()).ids).toEqual([runId]);
		expect(counts.posts).toBe(1);
	});

	it('is looked for in the list even where the API refuses to choose its fields', async () => {
		const counts = api(
			() => lost,
			(run, searches) => (searches === 1 ? [422, {}] : [200, { items: [run] }]),
		);
		expect((await make()).ids).toEqual([runId]);
		expect(counts).toMatchObject({ posts: 1, searches: 2 });
	});
});

describe('a create that the API accepted', () => {
	it.each([
		['without a status', { id: runId }],
		['with a status_code that is null', { id: runId, status_code: null, status: 'queued' }],
		['with an id that is null beside run_id', { id: null, run_id: runId, status: 'queued' }],
	])('is not sent again when its answer comes %s', async (_name, body) => {
		const counts = api(
			() => [201, body],
			() => [200, { items: [] }],
		);
		expect((await make()).ids).toEqual([runId]);
		expect(counts).toMatchObject({ posts: 1, searches: 0 });
	});

	it('is looked for until it is found when its answer has no id', async () => {
		const counts = api(
			() => [201, {}],
			(run, searches) => [200, { items: searches === 1 ? [] : [run] }],
		);
		expect((await make()).ids).toEqual([runId]);
		expect(counts).toMatchObject({ posts: 1, searches: 2 });
	});

	it('is not sent again when its answer breaks off', async () => {
		nock.enableNetConnect('127.0.0.1');
		const asked: Array<string | undefined> = [];
		const server = createServer(({ method }, response) => {
			asked.push(method);
			if (method === 'GET') response.writeHead(403).end('{}');
			else {
				response.writeHead(201, { 'content-length': '1000' });
				response.write(`{"id":"${runId}"`, () => response.destroy());
			}
		});
		await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()));
		const { port } = server.address() as AddressInfo;
		const { error } = await runWorkflow(goldenWorkflow('generate'), {
			input,
			credential: { ...credential, baseUrl: `http://127.0.0.1:${port}` },
		});
		server.close();
		nock.disableNetConnect();
		expect(asked).toEqual(['POST', 'GET']);
		expect(error?.context).toMatchObject({ may_be_paid: true });
	});

	it('is named by its reference when it is never found', async () => {
		const counts = api(
			() => [201, {}],
			() => [503, {}, again],
		);
		const { error } = await make();
		expect(error?.message).toBe('Runflow sent an answer that could not be read');
		expect(error?.description).toContain('may have been started all the same');
		expect(error?.description).toMatch(/client reference: n8n:[0-9a-f]{12}:wf\d+:\S+:231:/);
		expect(error?.context).toMatchObject({ may_be_paid: true });
		expect(counts.posts).toBe(1);
	});
});

describe('a conflict over a key that no other create has', () => {
	it('is a run that exists already', async () => {
		const counts = api(() => [409, { code: 'CONFLICT' }]);
		expect((await make()).ids).toEqual([runId]);
		expect(counts.posts).toBe(1);
	});

	it('may be paid for where no run is found', async () => {
		const counts = api(
			() => [409, { code: 'CONFLICT' }],
			() => [503, {}, again],
		);
		const { error } = await make();
		expect(error?.message).toBe('Runflow reports a conflict with an earlier request');
		expect(error?.context).toMatchObject({ may_be_paid: true });
		expect(counts.posts).toBe(1);
	});
});

describe('a conflict that stays', () => {
	const parameters = { options: fast };

	it.each([
		['refuses to list runs', [403, {}] as Answer],
		['lists nothing of it', [200, { items: [] }] as Answer],
	])(
		'is asked about once more where the API %s, and then left to the person',
		async (_name, listed) => {
			const counts = api(
				() => [409, { code: 'CONFLICT' }],
				() => listed,
			);
			const first = await runWorkflow(goldenWorkflow('generate', parameters), { input });
			expect(first.error?.message).toBe('Runflow reports a conflict with an earlier request');
			expect(first.error?.description).toContain('Retry this execution');
			const second = await retry(first.run, parameters);
			expect(second.error?.message).toBe('It is unknown whether a run was started and paid for');
			expect(second.error?.description).toMatch(/client reference n8n:\S+:231:0\.0\.1\./);
			expect(second.error?.description).toContain('start a new execution');
			expect(second.error?.context).toMatchObject({ code: 'RUN_DISPUTED', may_be_paid: true });
			expect(counts.posts).toBe(2);
		},
	);

	it('keeps no other item from finishing', async () => {
		const created: string[] = [];
		nock(apiUrl)
			.persist()
			.post(models)
			.reply((_uri, body) => {
				const { client_ref, input: sent } = body as unknown as Sent;
				if (sent.prompt === 'disputed') return [409, {}];
				created.push(client_ref);
				return [201, { ...succeededRun, id: `run ${created.length}` }];
			})
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [] })
			.get(/runs/)
			.reply((uri) => [
				200,
				{ ...succeededRun, id: decodeURIComponent(uri.split('/').at(-1) ?? '') },
			]);
		const prompts = ['disputed', 'good'].map((prompt) => ({ json: { prompt } }));
		const first = await runWorkflow(
			goldenWorkflow('generate', { options: { ...fast, concurrency: 1 } }),
			{ input: prompts },
		);
		expect(first.error?.context).toMatchObject({ may_be_paid: true });
		const second = await retry(first.run, parameters, { onError: 'continueRegularOutput' });
		expect(second.items.map(({ json }) => json.run_id ?? json.error)).toEqual([
			'It is unknown whether a run was started and paid for',
			'run 1',
		]);
		expect(created).toHaveLength(1);
	});
});

describe('an unclear create under Suspend', () => {
	it('is sent again to the letter by Retry, though the execution has another URL', async () => {
		const sent: unknown[] = [];
		let drops = 6;
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply(403, {})
			.post(models)
			.reply(function (_uri, body) {
				sent.push([body, this.req.headers['idempotency-key']]);
				return (drops -= 1) >= 0 ? [503, {}, again] : [201, succeededRun];
			});
		nock(apiUrl).persist().get(`/v1/runs/${runId}`).reply(200, succeededRun);
		const parameters = { completion: 'suspend', options: { download: false } };
		const first = await runWorkflow(goldenWorkflow('generate', parameters), { input });
		expect(first.error?.context).toMatchObject({ may_be_paid: true });
		const second = await retry(first.run, parameters);
		expect(second.items.map(({ json }) => json.run_id)).toEqual([runId]);
		expect(new Set(sent.map((one) => JSON.stringify(one))).size).toBe(1);
	});
});

describe('a host that can not be reached', () => {
	it.each(['EHOSTUNREACH', 'ENETUNREACH'])(
		'with %s while an answer is read may have been reached before',
		async (code) => {
			const counts = api((tries) =>
				tries === 1 ? systemError(code, 'read') : [201, { ...succeededRun, id: 'new' }],
			);
			expect((await make()).ids).toEqual([runId]);
			expect(counts.posts).toBe(1);
		},
	);

	it.each([
		['EHOSTUNREACH', 'connect'],
		['ENETUNREACH', 'getaddrinfo'],
	])('with %s of %s was never reached', async (code, syscall) => {
		const counts = api((tries) =>
			tries === 1 ? systemError(code, syscall) : [201, { ...succeededRun, id: 'new' }],
		);
		expect((await make()).ids).toEqual(['new']);
		expect(counts).toMatchObject({ posts: 2, searches: 0 });
	});

	it('was never reached when each of its addresses failed to connect', async () => {
		const { code } = systemError('ENETUNREACH', 'connect');
		const attempts = [systemError(code, 'connect'), systemError(code, 'connect')];
		const several = Object.assign(new AggregateError(attempts), { code });
		const counts = api((tries) => (tries === 1 ? several : [201, succeededRun]));
		expect((await make()).ids).toEqual([runId]);
		expect(counts).toMatchObject({ posts: 2, searches: 0 });
	});
});

describe('a duration that no timer can hold', () => {
	const [polling, suspended, reading] = [
		{},
		{ completion: 'suspend' },
		{ resource: 'run', operation: 'get', runId },
	];
	const week = "'Timeout' must be at most 604800 seconds (7 days)";
	const hour = "'Poll Interval' must be at most 3600 seconds (1 hour)";

	it.each([
		[week, { timeout: 2_200_000 }, polling],
		[week, { timeout: 1e15 }, suspended],
		[week, { timeout: 2_200_000 }, reading],
		[hour, { pollInterval: 1e10 }, polling],
		[hour, { pollInterval: 1e10 }, reading],
	])('is refused before anything is sent: %s', async (message, options, parameters) => {
		const counts = api(() => [201, succeededRun]);
		const workflow = goldenWorkflow('generate', { ...parameters, options });
		const { error } = await runWorkflow(workflow, { input });
		expect(error?.message).toBe(message);
		expect(counts).toEqual({ posts: 0, searches: 0, reads: 0 });
	});
});

describe('a list that never ends', () => {
	it('is read once where its cursor does not change', async () => {
		const counts = api(
			() => [201, succeededRun],
			() => [200, { items: [succeededRun], next: 'same' }],
		);
		const parameters = { resource: 'run', operation: 'getMany', returnAll: true };
		const { items } = await runWorkflow(goldenWorkflow('generate', parameters), { input });
		expect(items.map(({ json }) => json.run_id)).toEqual([runId]);
		expect(counts.searches).toBe(2);
	});
});

describe('an answer that repeats the API key', () => {
	it.each([
		['as it is', credential.apiKey],
		['of another kind', 'my-very-own-key'],
	])('%s is shown without it', async (_name, apiKey) => {
		api(() => [400, { code: 'BAD', message: `Key ${apiKey} is odd`, errors: null }]);
		const { error, run } = await runWorkflow(goldenWorkflow('generate'), {
			input,
			credential: { ...credential, apiKey },
		});
		expect(error?.description).toContain('Key [hidden] is odd');
		expect(JSON.stringify([error, run.data.resultData])).not.toContain(apiKey);
	});

	it('in the reason of a failed run is shown without it', async () => {
		const failure = { error: `Key ${credential.apiKey} is odd` };
		api(() => [201, { ...queuedRun, status_code: 'failed', ...failure }]);
		const workflow = goldenWorkflow('generate', {}, { onError: 'continueRegularOutput' });
		const { items } = await runWorkflow(workflow, { input });
		expect(JSON.stringify(items)).toContain('Key [hidden] is odd');
		expect(JSON.stringify(items)).not.toContain(credential.apiKey);
	});
});
