import type { INodeParameters } from 'n8n-workflow';
import nock from 'nock';

import { queuedRun, succeededRun } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const idOf = (number: number) => `01970c11-2222-7333-8444-00000000000${number}`;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const callback = 'https://n8n.example.com/webhook/1';

const run = (number: number, change: object = {}) => ({
	...succeededRun,
	id: idOf(number),
	callback_url: callback,
	created_at: minutesAgo(12),
	completed_at: minutesAgo(10),
	...change,
});

const delivery = (number: number, httpStatus: number | null) => ({
	id: `d${number}`,
	run_id: idOf(number),
	status_code: httpStatus === 200 ? 'succeeded' : 'failed',
	attempts: [{ attempt_number: 1, status_code: httpStatus }],
});

const list = (...items: object[]) =>
	nock(apiUrl).get('/v1/runs').query(true).reply(200, { items, next: null });

const redeliverMissed = async (options: INodeParameters = {}) =>
	await runWorkflow(
		goldenWorkflow('generate', { resource: 'run', operation: 'redeliverMissed', options }),
		{ input: [{ json: {} }] },
	);

describe('redeliver missed callbacks', () => {
	it('has only those delivered again that nobody answered with 2xx, a row for each', async () => {
		const api = nock(apiUrl)
			.get(`/v1/runs/${idOf(1)}/callback`)
			.reply(200, [delivery(1, 502)])
			.post(`/v1/runs/${idOf(1)}/callback-redeliveries`)
			.reply(201, delivery(1, 200))
			.get(`/v1/runs/${idOf(2)}/callback`)
			.reply(200, [delivery(2, null), delivery(2, 200)])
			.get(`/v1/runs/${idOf(3)}/callback`)
			.reply(200, [])
			.post(`/v1/runs/${idOf(3)}/callback-redeliveries`)
			.reply(201, delivery(3, 200));
		list(run(1), run(2), run(3));
		const { error, items } = await redeliverMissed();
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => [json.run_id, json.status_code])).toEqual([
			[idOf(1), 'succeeded'],
			[idOf(3), 'succeeded'],
		]);
		expect(api.isDone()).toBe(true);
	});

	it('outputs the others, and a row for one that Runflow does not deliver', async () => {
		const api = nock(apiUrl)
			.get(`/v1/runs/${idOf(1)}/callback`)
			.reply(200, [delivery(1, 502)])
			.post(`/v1/runs/${idOf(1)}/callback-redeliveries`)
			.reply(422, { code: 'CONFLICT', message: 'A redelivery is underway' })
			.get(`/v1/runs/${idOf(8)}/callback`)
			.reply(200, [delivery(8, 502)])
			.post(`/v1/runs/${idOf(8)}/callback-redeliveries`)
			.reply(201, delivery(8, 200));
		list(run(1), run(8));
		const { error, items } = await redeliverMissed();
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json)).toMatchObject([
			{ error: expect.any(String), details: { run_id: idOf(1), http_status: 422 } },
			{ run_id: idOf(8), status_code: 'succeeded' },
		]);
		expect(api.isDone()).toBe(true);
	});

	it('fails where the key may deliver nothing again, and asks no more', async () => {
		const posts: string[] = [];
		const api = nock(apiUrl)
			.persist()
			.get(/callback$/)
			.reply(200, [])
			.post(/callback-redeliveries$/)
			.reply((uri) => {
				posts.push(uri);
				return [403, { code: 'PERMISSION_DENIED' }];
			});
		list(
			...Array.from({ length: 50 }, (_, index) =>
				run(0, { id: `${idOf(0).slice(0, -2)}${index + 20}` }),
			),
		);
		const { error } = await redeliverMissed();
		expect(error?.message).toBe('Runflow does not allow this with the API key');
		expect(posts.length).toBeLessThan(10);
		expect(api.isDone()).toBe(true);
	});

	it('leaves alone what a resume URL has refused, since nothing waits there any longer', async () => {
		const resumeUrl = 'https://n8n.example.com/webhook-waiting/231/runflow?signature=x';
		const api = nock(apiUrl)
			.get(`/v1/runs/${idOf(9)}/callback`)
			.reply(200, [delivery(9, 409)])
			.get(`/v1/runs/${idOf(7)}/callback`)
			.reply(200, [delivery(7, 409)])
			.post(`/v1/runs/${idOf(7)}/callback-redeliveries`)
			.reply(201, delivery(7, 200));
		list(run(9, { callback_url: resumeUrl }), run(7));
		const { error, items } = await redeliverMissed();
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.run_id)).toEqual([idOf(7)]);
		expect(api.isDone()).toBe(true);
	});

	it('asks of each run for nothing but what tells whether it was missed', async () => {
		const api = nock(apiUrl)
			.get('/v1/runs')
			.query(({ fields }) => fields === 'id,status_code,callback_url,created_at,completed_at')
			.reply(200, { items: [] });
		expect((await redeliverMissed()).error).toBeUndefined();
		expect(api.isDone()).toBe(true);
	});

	it('costs one list where nothing was missed, and says so in one row', async () => {
		const api = list(
			run(4, { callback_url: null }),
			run(5, { ...queuedRun, id: idOf(5), completed_at: null }),
			run(6, { completed_at: minutesAgo(0) }),
			run(7, { created_at: minutesAgo(200), completed_at: minutesAgo(190) }),
		);
		const { error, items } = await redeliverMissed({ hours: 3 });
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.message)).toEqual([
			'No callback of the last 3 hours was missed, so none was delivered again.',
		]);
		expect(api.isDone()).toBe(true);
	});

	it('refuses a time that no list can reach', async () => {
		const { error } = await redeliverMissed({ hours: 1000 });
		expect(error?.message).toBe("'Hours' must be at most 720 hours (30 days)");
	});
});
