import nock from 'nock';

import { failedRun, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { execute, idsOf, items } from './executions';
import { apiUrl } from './harness';
import { retry } from './retry';

const models = '/v1/models/openai/gpt-image-2/runs';
const other = '01970c11-2222-7333-8444-000000000002';
const failed = { ...failedRun, id: other };
const input = items('p0', 'p1');
const parameters = { completion: 'suspend', options: { download: false } };

/** The API with a run that succeeded, and another that is created like this and has failed when it is read. */
function apiWith(created: object): void {
	nock(apiUrl).post(models, /p0/).reply(201, succeededRun).post(models, /p1/).reply(201, created);
	nock(apiUrl)
		.persist()
		.get(`/v1/runs/${other}`)
		.reply(200, failed)
		.get(`/v1/runs/${runId}`)
		.reply(200, succeededRun);
}

describe('a run that has failed before its execution would be suspended', () => {
	it.each([
		['as the create says', failed],
		['as it is read', { ...queuedRun, id: other }],
	])('fails the node %s, and a retry pays for it only', async (_, created) => {
		apiWith(created);
		const { error, run } = await execute({ input }, parameters);
		expect([run.status, error?.message]).toEqual([
			'error',
			'Picture 2 of 2 ("p1") was not made: its run failed',
		]);
		expect(error?.context?.paid_runs).toEqual([runId]);

		const again = { ...succeededRun, id: '01970c11-2222-7333-8444-000000000003' };
		const create = nock(apiUrl).post(models, /p1/).reply(201, again);
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [succeededRun, again] });
		const retried = await retry(run, parameters);
		expect(retried.error).toBeUndefined();
		expect(idsOf(retried)).toEqual([runId, again.id]);
		expect(create.isDone()).toBe(true);
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'is an error row with %s, and the other comes out',
		async (onError) => {
			apiWith(failed);
			const result = await execute({ input, settings: { onError } }, parameters);
			expect(result.run.status).toBe('success');
			const rows = [...result.items, ...result.errorItems];
			expect(rows.map(({ json }) => json.error ?? json.status)).toEqual([
				'succeeded',
				'Picture 2 of 2 ("p1") was not made: its run failed',
			]);
		},
	);
});
