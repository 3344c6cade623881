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

	it('costs one list where nothing was missed', async () => {
		const api = list(
			run(4, { callback_url: null }),
			run(5, { ...queuedRun, id: idOf(5), completed_at: null }),
			run(6, { completed_at: minutesAgo(0) }),
			run(7, { created_at: minutesAgo(200), completed_at: minutesAgo(190) }),
		);
		const { error, items } = await redeliverMissed({ hours: 3 });
		expect(error).toBeUndefined();
		expect(items).toEqual([]);
		expect(api.isDone()).toBe(true);
	});

	it('refuses a time that no list can reach', async () => {
		const { error } = await redeliverMissed({ hours: 1000 });
		expect(error?.message).toBe("'Hours' must be at most 720 hours (30 days)");
	});
});
