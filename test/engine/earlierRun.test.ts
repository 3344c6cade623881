import nock from 'nock';

import { failedRun, queuedRun, runId, succeededRun } from '../fixtures/answers';
import {
	created,
	earlierApi,
	earlierId,
	edit,
	files,
	items,
	locator,
	url,
	urlsOf,
} from './earlierApi';
import { apiUrl, runWorkflow } from './harness';

jest.setTimeout(30_000);

describe('edit from an earlier run', () => {
	it.each([
		['all images', {}, [url(1), url(2), url(3)]],
		['the first image', { inputImageNumber: 1 }, [url(1)]],
		['the last image', { inputImageNumber: 3 }, [url(3)]],
	])('sends the fresh URLs of %s and uploads nothing', async (_name, parameters, expected) => {
		const { creates } = earlierApi(3);
		const { items: out, error } = await runWorkflow(edit(parameters), { input: items(1) });
		expect(error).toBeUndefined();
		expect(out[0]?.json.run_id).toBe(runId);
		expect(urlsOf(creates)).toEqual([expected]);
	});

	it.each([
		['chosen from the list', locator(earlierId, 'list')],
		['an expression', locator('={{ $json.run_id }}')],
		['plain text', earlierId],
		['an expression in a plain text field', '={{ $json.run_id }}'],
	])('takes a run ID that is %s', async (_name, inputRunId) => {
		const { creates } = earlierApi(1);
		const { error } = await runWorkflow(edit({ inputRunId }), {
			input: [{ json: { prompt: 'p', run_id: earlierId } }],
		});
		expect(error).toBeUndefined();
		expect(urlsOf(creates)).toEqual([[url(1)]]);
	});

	it('uses a mask beside it', async () => {
		const { creates } = earlierApi(1);
		const options = { download: false, maskUrl: 'https://x.test/m.png' };
		await runWorkflow(edit({ options }), { input: items(1) });
		expect(creates[0]?.input).toMatchObject({
			image_urls: [url(1)],
			mask_url: 'https://x.test/m.png',
		});
	});

	it('reads a run once for all items that edit it', async () => {
		const { creates, reads } = earlierApi(2);
		const { items: out } = await runWorkflow(
			edit({ inputImageNumber: '={{ $itemIndex === 0 ? 0 : 2 }}' }),
			{ input: items(5) },
		);
		expect(out).toHaveLength(5);
		expect(reads()).toBe(1);
		expect(urlsOf(creates)).toEqual([[url(1), url(2)], ...Array<string[]>(4).fill([url(2)])]);
	});

	it('reads it again once its URLs are ten minutes old', async () => {
		const now = Date.now.bind(Date);
		const clock = jest.spyOn(Date, 'now');
		const { creates } = earlierApi(1, (sent) => {
			clock.mockImplementation(() => now() + 11 * 60_000);
			return created(sent);
		});
		const { error } = await runWorkflow(edit({ options: { download: false, concurrency: 1 } }), {
			input: items(3),
		});
		clock.mockRestore();
		expect(error).toBeUndefined();
		expect(urlsOf(creates)).toEqual([[url(1)], [url(1, 2)], [url(1, 2)]]);
	});
});

describe('an edit from an earlier run that is tried again', () => {
	const retried = { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 };

	it('repeats an unclear create with the very same body, though the URLs would be signed anew', async () => {
		let unclear = 0;
		const { creates, reads } = earlierApi(2, (sent) => {
			unclear += 1;
			return unclear <= 6 ? [503, {}] : created(sent);
		});
		nock(apiUrl).persist().get('/v1/runs').query(true).reply(200, { items: [], next: null });
		const { items: out } = await runWorkflow(
			edit({}, { ...retried, onError: 'continueRegularOutput' }),
			{ input: items(1) },
		);
		expect(out.map(({ json }) => json.status)).toEqual(['succeeded']);
		expect(creates).toHaveLength(7);
		expect(new Set(creates.map(({ body }) => body)).size).toBe(1);
		expect(new Set(creates.map(({ key }) => key)).size).toBe(1);
		expect(reads()).toBe(1);
	});

	it('is not paid for again, whatever the URLs are by then', async () => {
		const { creates } = earlierApi(1, ({ input }) => [201, { ...queuedRun, input }]);
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(401, {});
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, succeededRun);
		const { error } = await runWorkflow(
			edit({ options: { download: false, pollInterval: 0.1 } }, retried),
			{ input: items(1) },
		);
		expect(error).toBeUndefined();
		expect(creates).toHaveLength(1);
	});

	it('sends fresh URLs where the run of the first try failed', async () => {
		let tries = 0;
		const { creates } = earlierApi(1, (sent) => {
			tries += 1;
			return tries === 1 ? [201, { ...failedRun, input: sent.input }] : created(sent);
		});
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, failedRun);
		const { error } = await runWorkflow(edit({}, retried), { input: items(1) });
		expect(error).toBeUndefined();
		expect(urlsOf(creates)).toEqual([[url(1)], [url(1, 2)]]);
		expect(new Set(creates.map(({ key }) => key)).size).toBe(2);
	});

	it.each([
		['another run', { inputRunId: locator('01970c11-1111-7333-8444-000000000002') }],
		['another image of the same run', { inputImageNumber: 2 }],
	])('is another request where it is about %s', async (_name, changed) => {
		const { creates } = earlierApi(2);
		nock(apiUrl)
			.get(/000000000002$/)
			.reply(200, succeededRun);
		const first = await runWorkflow(edit(), { input: items(1) });
		expect(first.error).toBeUndefined();
		await runWorkflow(edit(changed), { input: items(1) });
		const hashes = creates.map(({ clientRef }) => clientRef.split(':')[4]);
		expect(new Set(hashes).size).toBe(2);
	});

	it('after a crash continues with the run that the crashed execution started', async () => {
		const { creates, reads } = earlierApi(1);
		const establishedAt = Date.now();
		await runWorkflow(edit(), { input: items(1), establishedAt, executionId: '17' });
		const [sent] = creates;
		const signedAnew = { ...sent?.input, image_urls: [`${files}/1.png?read=99`] };
		const run = {
			...succeededRun,
			input: signedAnew,
			client_ref: sent?.clientRef,
			created_at: new Date().toISOString(),
		};
		nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.reply(200, { items: [run], next: null });
		nock(apiUrl).get(`/v1/runs/${runId}`).reply(200, run);
		const { items: out, error } = await runWorkflow(edit(), {
			input: items(1),
			establishedAt,
			executionId: '18',
			mode: 'retry',
		});
		expect(error).toBeUndefined();
		expect(out.map(({ json }) => json.run_id)).toEqual([runId]);
		expect([creates.length, reads()]).toEqual([1, 1]);
	});

	it("finds the run of a lost create by its input, where the reference is the user's own", async () => {
		let lost = true;
		const { creates } = earlierApi(1, (sent) => {
			if (!lost) return created(sent);
			lost = false;
			return [503, {}];
		});
		const listed = () => ({
			...succeededRun,
			client_ref: 'mine',
			created_at: new Date().toISOString(),
			input: { ...creates[0]?.input, image_urls: [`${files}/1.png?read=99`] },
		});
		nock(apiUrl)
			.get('/v1/runs')
			.query(true)
			.reply(() => [200, { items: [listed()], next: null }]);
		nock(apiUrl)
			.get(`/v1/runs/${runId}`)
			.reply(() => [200, listed()]);
		const options = { download: false, clientRef: 'mine' };
		const { error } = await runWorkflow(edit({ options }), { input: items(1) });
		expect(error).toBeUndefined();
		expect(creates).toHaveLength(1);
	});
});
