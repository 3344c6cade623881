import sharp from 'sharp';

import { RunflowClient } from '../../runflow/client';
import { runSchema } from '../../runflow/run';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import { queuedRun, succeededRun } from '../fixtures/answers';

let simulator: Simulator;
beforeAll(async () => (simulator = await startSimulator({ runTime: 0 })));
beforeEach(() => {
	simulator.behave();
	Object.assign(simulator.settings, { runTime: 0, idempotency: true });
});
afterAll(async () => await simulator.close());

interface Body {
	id: string;
	status_code: string;
	output: { outputs: Array<{ url: string }> };
	errors: Array<{ loc: string[] }>;
}

async function call(
	method: string,
	path: string,
	body?: unknown,
	headers: Record<string, string> = {},
) {
	const answer = await fetch(`${simulator.url}${path}`, {
		method,
		headers: {
			authorization: 'Bearer rf_live_test',
			...(body !== undefined && { 'content-type': 'application/json' }),
			...headers,
		},
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	return {
		status: answer.status,
		headers: answer.headers,
		body: (await answer.json().catch(() => null)) as Body,
	};
}

const create = async (input: object, more: object = {}, headers: Record<string, string> = {}) =>
	await call('POST', '/v1/models/openai/gpt-image-2/runs', { input, ...more }, headers);

const shapeOf = (run: object) => Object.keys(run).sort();

describe('the simulator', () => {
	it('answers with the shape of the fixtures that were typed from the documentation', async () => {
		simulator.settings.runTime = 60_000;
		const queued = await create(
			{ prompt: 'a sign' },
			{ client_ref: 'order-17', metadata: { order: '17' } },
		);
		expect(queued.status).toBe(201);
		expect(shapeOf(queued.body)).toEqual(expect.arrayContaining(shapeOf(queuedRun)));
		expect(queued.body).toMatchObject({
			status_code: 'queued',
			output: null,
			client_ref: 'order-17',
		});

		simulator.settings.runTime = 0;
		const { body } = await create({ prompt: 'a sign' });
		const succeeded = await call('GET', `/v1/runs/${body.id}`);
		expect(shapeOf(succeeded.body.output)).toEqual(shapeOf(succeededRun.output));
		expect(succeeded.body).toMatchObject({ status_code: 'succeeded', cost: '0.133' });
		expect(runSchema.parse(succeeded.body).images).toHaveLength(1);
	});

	it.each([
		['jpeg', 'square_hd', 1536, 1536],
		['png', { width: 1024, height: 640 }, 1024, 640],
		['webp', 'portrait_16_9', 864, 1536],
	])('makes a real %s of size %j', async (output_format, image_size, width, height) => {
		const { body } = await create({ prompt: 'a & <b>', output_format, image_size });
		const run = runSchema.parse((await call('GET', `/v1/runs/${body.id}`)).body);
		const file = await fetch(run.images[0]?.url ?? '');
		expect(file.headers.get('content-type')).toBe(`image/${output_format}`);
		const picture = sharp(Buffer.from(await file.arrayBuffer()));
		expect(await picture.metadata()).toMatchObject({ format: output_format, width, height });
	});

	it.each([
		[{}, ['input', 'prompt']],
		[{ prompt: ' ' }, ['input', 'prompt']],
		[{ prompt: 'a', quality: 'ultra' }, ['input', 'quality']],
		[{ prompt: 'a', num_images: 5 }, ['input', 'num_images']],
		[{ prompt: 'a', image_size: { width: 100, height: 100 } }, ['input', 'image_size']],
		[{ prompt: 'a', no_such_field: 1 }, ['input']],
	])('refuses the input %j with 422 and names the place', async (input, place) => {
		const { status, body } = await create(input);
		expect(status).toBe(422);
		expect(body.errors[0]?.loc.slice(0, place.length + 1)).toEqual(['body', ...place]);
	});

	it('refuses calls without a key, and files with one', async () => {
		expect((await call('GET', '/v1/auth/me', undefined, { authorization: '' })).status).toBe(401);
		expect((await call('GET', '/v1/auth/me')).status).toBe(200);
		const { body } = await create({ prompt: 'a sign' });
		const run = runSchema.parse((await call('GET', `/v1/runs/${body.id}`)).body);
		const url = new URL(run.images[0]?.url ?? '');
		expect((await call('GET', url.pathname)).status).toBe(400);
	});

	it('replays a create for the same key and body, refuses another body, and forgets keys on demand', async () => {
		const key = { 'idempotency-key': 'k1' };
		const [first, again] = [
			await create({ prompt: 'a' }, {}, key),
			await create({ prompt: 'a' }, {}, key),
		];
		expect(again.body.id).toBe(first.body.id);
		expect((await create({ prompt: 'b' }, {}, key)).status).toBe(409);
		simulator.settings.idempotency = false;
		expect((await create({ prompt: 'a' }, {}, key)).body.id).not.toBe(first.body.id);
	});

	it('finds runs by client_ref as the client asks for them', async () => {
		const { body } = await create({ prompt: 'a' }, { client_ref: "it's:mine" });
		const client = new RunflowClient(
			async ({ method, path, query }) => {
				const search = new URLSearchParams(
					Object.entries(query ?? {}).map(([name, value]): [string, string] => [
						name,
						String(value),
					]),
				);
				const { status, body } = await call(method, `${path}?${search}`);
				return { httpStatus: status, headers: {}, body };
			},
			async () => {},
		);
		const wanted = { startedAt: Date.now(), input: null };
		expect((await client.findRun({ ...wanted, clientRef: "it's:mine" }))?.id).toBe(body.id);
		expect(await client.findRun({ ...wanted, clientRef: 'nobody' })).toBeNull();
	});

	it('misbehaves on demand and then behaves again', async () => {
		simulator.misbehave({ do: 'refuse-create', status: 429, retryAfter: 2 });
		const refused = await create({ prompt: 'a' });
		expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
		expect((await create({ prompt: 'a' })).status).toBe(201);

		const before = simulator.runs.length;
		simulator.misbehave({ do: 'drop-create' });
		await expect(create({ prompt: 'a' })).rejects.toThrow();
		expect(simulator.runs).toHaveLength(before + 1);

		simulator.misbehave({ do: 'end-run', status: 'failed', match: 'bad' });
		const [good, bad] = [await create({ prompt: 'good' }), await create({ prompt: 'bad' })];
		expect((await call('GET', `/v1/runs/${good.body.id}`)).body.status_code).toBe('succeeded');
		expect((await call('GET', `/v1/runs/${bad.body.id}`)).body).toMatchObject({
			status_code: 'failed',
			failure_code: 'MODEL_UNAVAILABLE',
			cost: null,
		});
	});

	it.each([
		['expire-file', 403, 'application/octet-stream'],
		['octet-stream-file', 200, 'binary/octet-stream'],
	] as const)('serves files with %s', async (rule, status, type) => {
		const { body } = await create({ prompt: 'a sign' });
		const run = runSchema.parse((await call('GET', `/v1/runs/${body.id}`)).body);
		simulator.misbehave({ do: rule });
		const file = await fetch(run.images[0]?.url ?? '');
		expect(file.status).toBe(status);
		if (status === 200) expect(file.headers.get('content-type')).toBe(type);
	});

	it.each([
		'nul \u0000 byte',
		'\u0001',
		'lone \ud800 surrogate',
		'\ufffe \uffff',
		'\u202e',
		'👩‍👩‍👧 & <b>',
	])('draws a picture for the prompt %j', async (prompt) => {
		const { body } = await create({ prompt });
		const run = await call('GET', `/v1/runs/${body.id}`);
		const file = await fetch(run.body.output.outputs[0]?.url ?? '');
		const { width } = await sharp(await file.arrayBuffer()).metadata();
		expect([run.body.status_code, width]).toEqual(['succeeded', 1280]);
	});

	it('answers sync mode with the image itself and keeps no copy', async () => {
		const { body } = await create({ prompt: 'a sign', sync_mode: true });
		expect(body.output.outputs[0]?.url).toMatch(/^data:image\/png;base64,/);
		expect((await call('GET', `/v1/runs/${body.id}`)).body.output).toBeNull();
	});

	it('accepts rules and settings over HTTP, for a running demo', async () => {
		await call('POST', '/simulator/rules', { do: 'refuse-create', status: 402 });
		expect((await create({ prompt: 'a' })).status).toBe(402);
		expect((await call('PATCH', '/simulator/settings', { speed: 5 })).body).toMatchObject({
			speed: 5,
			runTime: 0,
		});
		expect((await call('POST', '/simulator/rules', { do: 'nonsense' })).status).toBe(422);
	});

	it('accepts an upload in three steps and draws it into the picture of an edit', async () => {
		const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
			.png()
			.toBuffer();
		const announce = { filename: 'a.png', mime_type: 'image/png', size_bytes: bytes.length };
		const announced = (await call('POST', '/v1/asset-uploads', announce)).body as unknown as Record<
			string,
			string
		>;
		const put = async (headers: Record<string, string>) =>
			(
				await fetch(announced.upload_url ?? '', {
					method: 'PUT',
					headers,
					body: new Uint8Array(bytes),
				})
			).status;
		const confirm = async () =>
			await call('POST', `/v1/asset-uploads/${announced.asset_id}/confirmations`, {});
		expect((await confirm()).status).toBe(404);
		expect(await put({ 'content-type': 'image/png', authorization: 'Bearer rf_live_test' })).toBe(
			400,
		);
		expect(await put({ 'content-type': 'image/jpeg' })).toBe(403);
		expect(await put({ 'content-type': 'image/png' })).toBe(200);
		const confirmed = (await confirm()).body as unknown as { url: string };

		const edit = '/v1/models/openai/gpt-image-2/edit/runs';
		expect((await call('POST', edit, { input: { prompt: 'a' } })).status).toBe(422);
		const { body } = await call('POST', edit, {
			input: { prompt: 'a', image_urls: [confirmed.url] },
		});
		const run = runSchema.parse((await call('GET', `/v1/runs/${body.id}`)).body);
		const picture = await fetch(run.images[0]?.url ?? '');
		const { data } = await sharp(Buffer.from(await picture.arrayBuffer()))
			.removeAlpha()
			.raw()
			.toBuffer({ resolveWithObject: true });
		expect([...data.subarray(0, 3)]).toEqual([255, 0, 0]);
	});

	it('refuses an upload over 50 MiB', async () => {
		const announce = { filename: 'a.png', mime_type: 'image/png', size_bytes: 52_428_801 };
		expect((await call('POST', '/v1/asset-uploads', announce)).status).toBe(422);
	});

	it('lists runs page by page, and by filter', async () => {
		for (const number of [1, 2, 3]) await create({ prompt: `p${number}` }, { client_ref: 'paged' });
		interface Page {
			items: Array<{ id: string }>;
			next: string | null;
		}
		const list = async (query: string) => {
			const answer = await call('GET', `/v1/runs?${query}`);
			return { status: answer.status, page: answer.body as unknown as Page };
		};
		const q = encodeURIComponent(
			"client_ref.EQ:'paged' AND (status_code.EQ:'failed' OR status_code.EQ:'succeeded')",
		);
		const first = await list(`limit=2&q=${q}`);
		const second = await list(`limit=2&q=${q}&pq=${first.page.next}`);
		expect([...first.page.items, ...second.page.items]).toHaveLength(3);
		expect(second.page.next).toBeNull();
		expect((await list(`q=${encodeURIComponent('created_at>2999-01-01')}`)).page.items).toEqual([]);
		expect((await list('q=nonsense')).status).toBe(400);
	});

	it('redelivers only the callback of an ended run, and lists deliveries', async () => {
		const { body } = await create({ prompt: 'a' }, { callback_url: `${simulator.url}/nowhere` });
		const redelivery = await call('POST', `/v1/runs/${body.id}/callback-redeliveries`);
		expect(redelivery.body).toMatchObject({
			is_automatic: false,
			attempt_count: 1,
			run_id: body.id,
		});
		const history = (await call('GET', `/v1/runs/${body.id}/callback`)).body as unknown as object[];
		expect(history.length).toBeGreaterThanOrEqual(1);
		const without = await create({ prompt: 'a' });
		expect((await call('POST', `/v1/runs/${without.body.id}/callback-redeliveries`)).status).toBe(
			422,
		);
	});
});
