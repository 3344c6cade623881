import nock from 'nock';

import { failedRun, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { apiUrl, searchList } from './harness';

const created_at = '2020-05-20T09:00:00Z';
const numbered = (number: number, changes: object = {}) => ({
	...succeededRun,
	created_at,
	id: `01970c11-2222-7333-8444-${String(number).padStart(12, '0')}`,
	input: { prompt: `sign ${number}` },
	...changes,
});

/** Answers list requests with pages of 100 runs, made when they are asked for, and notes the queries. */
function pages(count: number, run: (number: number) => object = numbered) {
	const asked: URLSearchParams[] = [];
	nock(apiUrl)
		.persist()
		.get('/v1/runs')
		.query(true)
		.reply((uri) => {
			const query = new URL(uri, apiUrl).searchParams;
			asked.push(query);
			const page = Number(query.get('pq') ?? 0);
			const items = Array.from({ length: 100 }, (_, index) => run(page * 100 + index));
			return [200, { items, next: page + 1 < count ? String(page + 1) : null }];
		});
	return asked;
}

describe("the list of the field 'Run ID'", () => {
	it('has the recent runs, newest first, and where to go on', async () => {
		const asked = pages(3);
		const first = await searchList('searchRuns');
		expect(first.results).toHaveLength(100);
		expect(first.results[0]).toEqual({
			name: expect.stringMatching(/^sign 0 · succeeded · \d+ May 2020, \d\d:\d\d$/),
			value: numbered(0).id,
		});
		expect(asked[0]?.get('sort_by')).toBe('created_at:desc');
		const second = await searchList('searchRuns', undefined, first.paginationToken);
		expect(second.results[0]?.value).toBe(numbered(100).id);
		const last = await searchList('searchRuns', undefined, second.paginationToken);
		expect(last.results).toHaveLength(100);
		expect(last.paginationToken).toBeUndefined();
		expect(asked).toHaveLength(3);
	});

	it('has runs of every status, and only those with images for an edit', async () => {
		nock(apiUrl)
			.persist()
			.get('/v1/runs')
			.query(true)
			.reply(200, {
				items: [
					numbered(1),
					{ ...queuedRun, id: numbered(2).id },
					{ ...failedRun, id: numbered(3).id },
					numbered(4, { status_code: 'partial_succeeded' }),
					numbered(5, { input: { prompt: 'a', sync_mode: true } }),
				],
				next: null,
			});
		const idsOf = async (method: 'searchRuns' | 'searchRunsWithImages') =>
			(await searchList(method)).results.map(({ value }) => value);
		expect(await idsOf('searchRuns')).toEqual([1, 2, 3, 4, 5].map((n) => numbered(n).id));
		expect(await idsOf('searchRunsWithImages')).toEqual([1, 4].map((n) => numbered(n).id));
	});

	it('looks through several pages for what is searched, but not without end', async () => {
		const asked = pages(20, (number) =>
			numbered(number, { input: { prompt: number === 420 ? 'a brass SIGN' : 'a lamp' } }),
		);
		const found = await searchList('searchRuns', 'sign brass');
		expect(found.results.map(({ value }) => value)).toEqual([numbered(420).id]);
		expect(asked).toHaveLength(5);
		expect(found.paginationToken).toBe('5');
		const more = await searchList('searchRuns', 'sign brass', found.paginationToken);
		expect(more.results).toEqual([]);
		expect(more.paginationToken).toBe('10');
	});

	it('stops looking once it has found enough', async () => {
		const asked = pages(20);
		const found = await searchList('searchRuns', 'sign');
		expect(found.results).toHaveLength(100);
		expect(asked).toHaveLength(1);
	});

	it('reads the run itself when its ID is searched', async () => {
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, succeededRun);
		const found = await searchList('searchRuns', ` ${runId} `);
		expect(found.results.map(({ value }) => value)).toEqual([runId]);
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, failedRun);
		expect(await searchList('searchRunsWithImages', runId)).toEqual({ results: [] });
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(404, { code: 'RUN_NOT_FOUND' });
		expect(await searchList('searchRuns', runId)).toEqual({ results: [] });
	});

	it.each([
		[401, 'Runflow did not accept the API key', "Check 'API Key' in the Runflow credential."],
		[403, 'Runflow does not allow this with the API key', 'needs the scope runs:read'],
		[503, 'Runflow could not handle the request (HTTP 503)', 'Wait a little'],
	])('says in plain words what is wrong at once: HTTP %s', async (status, message, advice) => {
		const api = nock(apiUrl).get('/v1/runs').query(true).reply(status, {});
		await expect(searchList('searchRuns')).rejects.toMatchObject({
			message,
			description: expect.stringContaining(advice),
		});
		expect(api.isDone()).toBe(true);
	});

	it('says so at once when Runflow cannot be reached', async () => {
		nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.replyWithError(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
		await expect(searchList('searchRuns')).rejects.toMatchObject({
			message: 'Runflow could not be reached',
			description: expect.stringContaining("'Base URL' in the Runflow credential"),
		});
	});
});
