import nock from 'nock';

import { runId, succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(30_000);

const models = '/v1/models/openai/gpt-image-2/edit/runs';
const storage = 'https://storage.test';
const photo = { data: Buffer.from(gif('photo')).toString('base64'), mimeType: 'image/png' };
const items = (count: number) =>
	Array.from({ length: count }, (_, number) => ({
		json: { prompt: `p${number}` },
		binary: { data: photo },
	}));
const edit = (settings = {}) =>
	goldenWorkflow(
		'generate',
		{ operation: 'edit', options: { download: false, concurrency: 1 } },
		settings,
	);

interface Create {
	prompt: string;
	key: string;
	urls: string[];
	body: string;
}

/** An API that numbers its uploads, notes every create, and answers it with what `answer` returns. */
function editApi(answer: (create: Create) => [number, object]) {
	const creates: Create[] = [];
	let uploads = 0;
	nock(apiUrl)
		.persist()
		.post('/v1/asset-uploads')
		.reply(() => {
			uploads += 1;
			return [201, { asset_id: `a${uploads}`, upload_url: `${storage}/put` }];
		})
		.post(/^\/v1\/asset-uploads\/.*\/confirmations$/)
		.reply((uri) => [201, { url: `${storage}/${uri.split('/')[3]}` }])
		.get('/v1/runs')
		.query(true)
		.reply(200, { items: [], next: null })
		.get(`/v1/runs/${runId}`)
		.reply(200, succeededRun);
	nock(storage).persist().put('/put').reply(200);
	nock(apiUrl)
		.persist()
		.post(models)
		.reply(function (_uri, body) {
			const { input } = body as unknown as { input: { prompt: string; image_urls: string[] } };
			const create = {
				prompt: input.prompt,
				key: String(this.req.headers['idempotency-key']),
				urls: input.image_urls,
				body: JSON.stringify(body),
			};
			creates.push(create);
			const [status, reply] = answer(create);
			return [status, reply, { 'retry-after': '0' }];
		});
	return { creates, uploads: () => uploads };
}

/** Makes the clock of this process jump; the returned function sets it to this many minutes from now. */
function shiftedClock(): (minutes: number) => void {
	const now = Date.now.bind(Date);
	const clock = jest.spyOn(Date, 'now');
	return (minutes) => clock.mockImplementation(() => now() + minutes * 60_000);
}
afterEach(() => jest.restoreAllMocks());

const [first, second] = [1, 2].map((number) => `${storage}/a${number}`);

describe('an image that several items share', () => {
	it('is uploaded anew once its URL is half an hour old, in the same execution too', async () => {
		const setClock = shiftedClock();
		const { creates } = editApi(({ prompt }) => {
			setClock({ p0: 31, p1: 45 }[prompt] ?? 45);
			return [201, succeededRun];
		});
		const { error } = await runWorkflow(edit(), { input: items(3) });
		expect(error).toBeUndefined();
		expect(creates.map(({ urls }) => urls)).toEqual([[first], [second], [second]]);
	});

	it('is uploaded again for the next item after its upload was refused', async () => {
		nock(apiUrl).post('/v1/asset-uploads').reply(403, { code: 'PERMISSION_DENIED' });
		const { creates } = editApi(() => [201, succeededRun]);
		const { items: out } = await runWorkflow(edit({ onError: 'continueRegularOutput' }), {
			input: items(3),
		});
		expect(out.map(({ json }) => json.status ?? 'failed')).toEqual([
			'failed',
			'succeeded',
			'succeeded',
		]);
		expect(creates.map(({ urls }) => urls)).toEqual([[first], [first]]);
	});
});

describe('an edit whose create got no clear answer', () => {
	it('is repeated with the very same body, though another item had the image uploaded anew', async () => {
		const setClock = shiftedClock();
		let unclear = 0;
		const { creates, uploads } = editApi(({ prompt }) => {
			if (prompt !== 'p0') return [201, succeededRun];
			unclear += 1;
			if (unclear === 6) setClock(31);
			return unclear <= 6 ? [503, {}] : [201, succeededRun];
		});
		const workflow = edit({
			onError: 'continueRegularOutput',
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 0,
		});
		const { items: out } = await runWorkflow(workflow, { input: items(2) });
		expect(out.map(({ json }) => json.status)).toEqual(['succeeded', 'succeeded']);
		const repeated = creates.filter(({ prompt }) => prompt === 'p0');
		expect(repeated.length).toBeGreaterThan(6);
		expect(new Set(repeated.map(({ key }) => key)).size).toBe(1);
		expect(new Set(repeated.map(({ body }) => body)).size).toBe(1);
		expect(creates.find(({ prompt }) => prompt === 'p1')?.urls).toEqual([second]);
		expect(uploads()).toBe(2);
	});

	it('sends new URLs after the API has refused the old ones and knows no run of it', async () => {
		const setClock = shiftedClock();
		let tries = 0;
		const { creates } = editApi(({ urls }) => {
			tries += 1;
			if (tries === 6) setClock(45);
			if (tries <= 6) return [503, {}];
			return urls[0] === first ? [422, { code: 'VALIDATION_ERROR' }] : [201, succeededRun];
		});
		const workflow = edit({ retryOnFail: true, maxTries: 3, waitBetweenTries: 0 });
		const { items: out } = await runWorkflow(workflow, { input: items(1) });
		expect(out.map(({ json }) => json.status)).toEqual(['succeeded']);
		expect(creates.slice(-2).map(({ urls }) => urls)).toEqual([[first], [second]]);
		expect(new Set(creates.map(({ key }) => key)).size).toBe(2);
	});
});

describe('the size of an image to upload', () => {
	it.each([
		['is in lines', { data: photo.data.replace(/(.{8})/g, '$1\r\n') }],
		['says the size of another', { bytes: 5_000 }],
		['has no name', { fileName: '' }],
		['has the name of a novel', { fileName: `${'long '.repeat(200)}.png` }],
	])('is that of its bytes where the item %s', async (_case, odd) => {
		const announced: Array<{ filename: string; size_bytes: number }> = [];
		let sentBytes: number[] = [];
		nock(apiUrl)
			.post('/v1/asset-uploads', (body) => announced.push(body as (typeof announced)[number]) > 0)
			.reply(201, { asset_id: 'a1', upload_url: `${storage}/put` })
			.post('/v1/asset-uploads/a1/confirmations')
			.reply(200, { url: `${storage}/a1` })
			.post(models)
			.reply(201, succeededRun);
		nock(storage)
			.put('/put')
			.reply(200, function (_uri, body) {
				sentBytes = [
					Buffer.from(String(body), 'latin1').length,
					Number(this.req.headers['content-length']),
				];
			});
		const input = [{ json: { prompt: 'p' }, binary: { data: { ...photo, ...odd } } }];
		const { error } = await runWorkflow(edit(), { input });
		expect(error).toBeUndefined();
		const [{ filename = '', size_bytes = 0 } = {}] = announced;
		expect(sentBytes).toEqual([size_bytes, size_bytes]);
		expect(filename.length).toBeGreaterThan(0);
		expect(filename.length).toBeLessThanOrEqual(100);
	});
});

describe('an upload that nobody answers', () => {
	it('fails its item at the timeout, and no run is started', async () => {
		editApi(() => [201, succeededRun]);
		nock.removeInterceptor({
			hostname: 'storage.test',
			path: '/put',
			method: 'PUT',
			proto: 'https',
		});
		nock(storage).put('/put').delay(60_000).reply(200);
		const workflow = goldenWorkflow('generate', { operation: 'edit', options: { timeout: 1 } });
		const { error } = await runWorkflow(workflow, { input: items(1) });
		nock.abortPendingRequests();
		expect(error?.message).toBe('Runflow could not be reached');
		expect(error?.context?.may_be_paid).toBeFalsy();
	});
});
