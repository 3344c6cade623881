import { queuedRun, runId } from '../fixtures/answers';
import {
	answer,
	created,
	list,
	lost,
	ok,
	post,
	read,
	request,
	scripted,
	search,
} from './scriptedClient';

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
		expect((await created(create())).id).toBe(runId);
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
		expect((await created(create({ findable: false }))).id).toBe(runId);
		expect(steps()).toEqual([post, search, read]);
	});

	it('knows it again where the API leaves defaults out of the input', async () => {
		const stored = { ...sent, input: { prompt: ' a brass sign', seed: '7' } };
		const { create, steps } = scripted(lost, list(stored), answer(200, stored));
		expect((await created(create({ findable: false }))).id).toBe(runId);
		expect(steps()).toEqual([post, search, read]);
	});

	it('takes the input from the run where the list has none', async () => {
		const { create, steps } = scripted(lost, list({ ...sent, input: null }), answer(200, sent));
		expect((await created(create({ findable: false }))).id).toBe(runId);
		expect(steps()).toEqual([post, search, read]);
	});

	it.each([
		['with another input', [list({ ...sent, input: { ...sent.input, prompt: 'b' } })]],
		['with another quality', [list({ ...sent, input: { ...sent.input, quality: 'low' } })]],
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
		expect((await created(create())).id).toBe(runId);
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
