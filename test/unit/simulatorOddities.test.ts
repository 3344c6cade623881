import { runListSchema } from '../../runflow/run';
import { settingsSchema, type Settings } from '../../simulator/options';
import { startSimulator, type Simulator } from '../../simulator/simulator';

let simulator: Simulator;
beforeAll(async () => (simulator = await startSimulator()));
beforeEach(() => {
	simulator.runs.length = 0;
	Object.assign(simulator.settings, settingsSchema.parse({ runTime: 0, samePicture: true }));
});
afterAll(async () => await simulator.close());

const use = (settings: Partial<Settings>) => Object.assign(simulator.settings, settings);

async function call(path: string, body?: object) {
	const answer = await fetch(new URL(path, simulator.url), {
		method: body === undefined ? 'GET' : 'POST',
		headers: { authorization: 'Bearer rf_live_test', 'content-type': 'application/json' },
		...(body && { body: JSON.stringify(body) }),
	});
	return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const create = async (input: object = {}, more: object = {}) =>
	(
		await call('/v1/models/openai/gpt-image-2/runs', {
			input: { prompt: ' cafe\u0301\r\nat noon ', ...input },
			...more,
		})
	).body;
const inputOf = async (settings: Partial<Settings>, sent: object = {}) => {
	use(settings);
	return (await create(sent)).input as Record<string, unknown>;
};

describe('the input of a run', () => {
	it('is shown as it was sent, unless told otherwise', async () => {
		expect(await inputOf({})).toMatchObject({ prompt: ' cafe\u0301\r\nat noon ', num_images: 1 });
	});

	it('may have plain texts, numbers as text, no defaults, and fields that nobody sent', async () => {
		const size = { image_size: { width: 1024, height: 640 } };
		expect(await inputOf({ plainTexts: true })).toMatchObject({ prompt: 'caf\u00e9\nat noon' });
		expect(await inputOf({ numbersAsText: true }, size)).toMatchObject({
			num_images: '1',
			image_size: { width: '1024', height: '640' },
		});
		const kept = await inputOf({ omitsDefaults: true, numbersAsText: false }, { num_images: 2 });
		expect(Object.keys(kept).sort()).toEqual(['num_images', 'prompt']);
		expect(await inputOf({ addsFields: true })).toHaveProperty('background');
	});

	it('may have a reference in place of an uploaded image', async () => {
		const file = { filename: 'a.png', mime_type: 'image/png', size_bytes: 5 };
		const { body: announced } = await call('/v1/asset-uploads', file);
		const { asset_id: id, upload_url: upload } = announced;
		await fetch(String(upload), {
			method: 'PUT',
			headers: { 'content-type': 'image/png' },
			body: 'image',
		});
		const { body: asset } = await call(`/v1/asset-uploads/${id}/confirmations`, {});
		use({ showsReferences: true });
		const input = { prompt: 'a', image_urls: [asset.url] };
		const { body } = await call('/v1/models/openai/gpt-image-2/edit/runs', { input });
		expect(body.input).toMatchObject({ image_urls: [`runflow://assets/${id}`] });
	});
});

describe('the list of runs', () => {
	it('may leave fields out, even where they are asked for', async () => {
		await create({}, { client_ref: 'one' });
		use({ unlistedFields: ['client_ref', 'input'] });
		for (const query of ['', '?fields=id,client_ref,input,status_code']) {
			const { items } = (await call(`/v1/runs${query}`)).body as { items: object[] };
			expect(items[0]).toHaveProperty('status_code');
			expect(items[0]).not.toHaveProperty('client_ref');
			expect(items[0]).not.toHaveProperty('input');
		}
	});

	it.each([
		['id', /^[0-9a-f-]{36}$/],
		['opaque', /^v1:[\w-]+$/],
		['url', /^http:.*\/v1\/runs\?limit=2&pq=[0-9a-f-]{36}$/],
		['relative', /^\/v1\/runs\?limit=2&pq=[0-9a-f-]{36}$/],
	] as const)('may name its next page by %s, and leads there', async (nextPage, shape) => {
		const ids: unknown[] = [];
		for (let number = 0; number < 3; number++) ids.unshift((await create()).id);
		use({ nextPage, pageSize: 1 });
		const { body } = await call('/v1/runs?limit=2');
		expect(body.next).toMatch(shape);
		const { cursor } = runListSchema.parse(body);
		const next = await call(`/v1/runs?pq=${encodeURIComponent(cursor ?? '')}`);
		expect(runListSchema.parse(next.body).items.map((run) => run?.id)).toEqual([ids[1]]);
		expect((await call('/v1/runs?pq=none')).status).toBe(400);
	});

	it('may be refused from a page on, but not for a single reference', async () => {
		await create({}, { client_ref: 'one' });
		const last = (await create()).id;
		use({ pageSize: 1, refusePagesFrom: 2 });
		const first = await call('/v1/runs');
		expect(runListSchema.parse(first.body).items[0]?.id).toBe(last);
		const second = await call(`/v1/runs?pq=${String(first.body.next)}`);
		expect([second.status, second.body.code]).toEqual([403, 'PERMISSION_DENIED']);
		use({ refusePagesFrom: 1 });
		expect((await call('/v1/runs')).status).toBe(403);
		expect((await call("/v1/runs?q=client_ref.EQ:'one'")).status).toBe(200);
	});
});

describe('a new run', () => {
	it('may be unknown to single reads, and to lists, for a while', async () => {
		use({ unknownFor: 60_000 });
		const { id } = await create();
		const statusAndCount = async () => {
			const { status } = await call(`/v1/runs/${id}`);
			return [status, runListSchema.parse((await call('/v1/runs')).body).items.length];
		};
		expect(await statusAndCount()).toEqual([404, 1]);
		use({ unknownFor: 0, unlistedFor: 60_000 });
		expect(await statusAndCount()).toEqual([200, 0]);
	});
});
