import { queuedRun, runId } from '../fixtures/answers';
import { answer, list, ok, scripted, search } from './scriptedClient';

describe('listing runs', () => {
	const filter = {
		status: 'cancelled',
		clientRef: null,
		createdAfter: Date.parse('2026-05-20T08:00:00Z'),
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

	it.each(['v1:abc', 'urn:x:1', 'eyJpZCI6MX0=', '/wEAAQ==', '?'])(
		'follows the opaque cursor %j as it is',
		async (next) => {
			const { client, asked } = scripted(
				answer(200, { items: [cancelled], next }),
				answer(200, { items: [] }),
			);
			for await (const page of client.runPages(filter, { limit: 1 })) expect(page).toBeDefined();
			expect(asked[1]?.query).toMatchObject({ pq: next });
		},
	);

	it('ends where the cursors go round in a circle', async () => {
		const page = (next: string) => answer(200, { items: [cancelled], next });
		const { client, steps } = scripted(page('A'), page('B'), page('A'), page('B'));
		const cursors: Array<string | null> = [];
		for await (const { cursor } of client.runPages(filter, { limit: 1 })) cursors.push(cursor);
		expect(cursors).toEqual(['A', 'B', null]);
		expect(steps()).toHaveLength(3);
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
