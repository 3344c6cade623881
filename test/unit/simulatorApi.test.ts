import sharp from 'sharp';

import { RunflowApi } from '../../credentials/RunflowApi.credentials';
import { apiErrorSchema } from '../../runflow/apiError';
import { uploadAsset } from '../../runflow/assets';
import { runListSchema, runSchema } from '../../runflow/run';
import { settingsSchema } from '../../simulator/options';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import {
	announcedUpload,
	asset,
	notFoundError,
	permissionError,
	projectedItem,
	runPage,
} from '../fixtures/answers';

let simulator: Simulator;
beforeAll(async () => (simulator = await startSimulator({ runTime: 0 })));
beforeEach(() => {
	simulator.behave();
	simulator.runs.length = 0;
	Object.assign(simulator.settings, settingsSchema.parse({ runTime: 0 }));
});
afterAll(async () => await simulator.close());

async function call(
	method: string,
	path: string,
	body?: unknown,
	headers: Record<string, string> = { authorization: 'Bearer rf_live_test' },
) {
	const answer = await fetch(`${simulator.url}${path}`, {
		method,
		headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
		...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
	});
	return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const generate = '/v1/models/openai/gpt-image-2/runs';
const edit = '/v1/models/openai/gpt-image-2/edit/runs';
const create = async (input: object = {}, more: object = {}) =>
	await call('POST', generate, { input: { prompt: 'a sign', ...input }, ...more });
const list = async (query: Record<string, string>) => {
	const { status, body } = await call('GET', `/v1/runs?${new URLSearchParams(query)}`);
	return { status, items: (body.items ?? []) as Array<Record<string, unknown>> };
};
const imageOf = async (id: unknown) =>
	runSchema.parse((await call('GET', `/v1/runs/${id}`)).body).images[0]?.url ?? '';
const keysOf = (answer: object) => Object.keys(answer).sort();
const png = async (background: string) =>
	await sharp({ create: { width: 64, height: 64, channels: 3, background } })
		.png()
		.toBuffer();

/** Uploads as the product does and returns the asset as the confirmation answers it. */
async function upload(bytes: Buffer, filename = 'photo.png') {
	let confirmed: Record<string, unknown> = {};
	const url = await uploadAsset(
		async ({ method, path, body }) => {
			const answer = await call(method, path, body);
			confirmed = answer.body;
			return { httpStatus: answer.status, headers: {}, body: answer.body };
		},
		{ filename, mime_type: 'image/png', size_bytes: bytes.length },
		async (uploadUrl) => {
			const headers = { 'content-type': 'image/png' };
			const body = new Uint8Array(bytes);
			expect((await fetch(uploadUrl, { method: 'PUT', headers, body })).status).toBe(200);
		},
	);
	return { url, confirmed };
}

describe('the fixtures typed from the documentation', () => {
	it.each([
		[notFoundError, 'NOT_FOUND'],
		[permissionError, 'PERMISSION_DENIED'],
	])('of a refusal are read by the product', (error, code) => {
		expect(apiErrorSchema.parse(error)).toEqual({ code, message: error.message, fields: [] });
	});

	it('of an upload are read by the product', async () => {
		const answers = [announcedUpload, asset];
		const url = await uploadAsset(
			async () => ({ httpStatus: 201, headers: {}, body: answers.shift() }),
			{ filename: 'photo.png', mime_type: 'image/png', size_bytes: 5 },
			async () => {},
		);
		expect(url).toBe(asset.url);
	});

	it('of a page of runs are read by the product, whole and projected', () => {
		expect(runListSchema.parse(runPage).items[0]?.id).toBe(runPage.first);
		const { items } = runListSchema.parse({ ...runPage, items: [projectedItem] });
		expect(items[0]).toMatchObject({ status: 'succeeded', client_ref: 'order-17', images: [] });
	});
});

describe('a create', () => {
	it('may have null wherever the documentation says so', async () => {
		const nothing = { callback_url: null, metadata: null, client_ref: null };
		const { status, body } = await create({}, nothing);
		expect(status).toBe(201);
		expect(body).toMatchObject(nothing);
		expect((await create({}, { client_ref: 5 })).status).toBe(422);
	});

	it('may name images by data URI or as assets, if the server says so', async () => {
		const { confirmed } = await upload(await png('red'));
		const dataUri = `data:image/png;base64,${(await png('blue')).toString('base64')}`;
		const submit = async (image: string) =>
			await call('POST', edit, { input: { prompt: 'a', image_urls: [image] } });
		const corner = async (id: unknown) => {
			const file = await fetch(await imageOf(id));
			const { data } = await sharp(Buffer.from(await file.arrayBuffer()))
				.removeAlpha()
				.raw()
				.toBuffer({ resolveWithObject: true });
			return [...data.subarray(0, 3)];
		};
		const byAsset = await submit(`runflow://assets/${confirmed.id}`);
		const byData = await submit(dataUri);
		expect(await corner(byAsset.body.id)).toEqual([255, 0, 0]);
		expect(await corner(byData.body.id)).toEqual([0, 0, 255]);
		expect(JSON.stringify(byData.body)).not.toContain('base64');
		expect(byData.body.input).toMatchObject({
			image_urls: [expect.stringMatching(/^runflow:\/\/assets\/[0-9a-f-]{36}$/)],
		});

		const unknown = await submit('runflow://assets/01970c11-0000-7333-8444-555566667777');
		expect(unknown.status).toBe(422);
		expect(JSON.stringify(unknown.body.errors)).toContain('asset not found or expired');
		simulator.settings.assetReferences = false;
		expect((await submit(`runflow://assets/${confirmed.id}`)).status).toBe(422);
		expect((await submit(dataUri)).status).toBe(201);
	});
});

describe('the list of runs', () => {
	it('has the shape of the fixture, and only the fields that were asked for', async () => {
		await create({}, { client_ref: 'order-17' });
		const { body } = await call('GET', '/v1/runs');
		expect(keysOf(body)).toEqual(keysOf(runPage));
		const { items } = await list({ fields: 'status_code,client_ref' });
		expect(items.map(keysOf)).toEqual([keysOf(projectedItem)]);
		expect((await list({ fields: 'status_code, no_such_field' })).status).toBe(422);
	});

	it('is sorted as asked for', async () => {
		const ids: unknown[] = [];
		for (let number = 0; number < 3; number++) ids.push((await create()).body.id);
		const sorted = async (sort_by: string) => (await list({ sort_by })).items.map(({ id }) => id);
		expect(await sorted('created_at:asc')).toEqual(ids);
		expect(await sorted('created_at:desc')).toEqual([...ids].reverse());
		expect((await list({ sort_by: 'cost:asc' })).status).toBe(422);
	});

	it.each([
		["client_ref.eq:'one'", ['one']],
		["client_ref.EQ:'one' or client_ref.eq:'nobody'", ['one']],
		["client_ref.EQ:'salt and pepper' and status_code.eq:'succeeded'", ['salt and pepper']],
		["client_ref.EQ:'one' OR client_ref.EQ:'salt and pepper'", ['salt and pepper', 'one']],
		["(client_ref:one or client_ref='it's') and not (client_ref.EQ:'one')", ["it's"]],
		['created_at>2026-01-01 and created_at<2999-01-01 AND client_ref=one', ['one']],
		['created_at>=2999-01-01', []],
		['created_at<=2999-01-01T00:00:00Z', ["it's", 'salt and pepper', 'one']],
		['nonsense', null],
		["client_ref.EQ:'one' client_ref.EQ:'one'", null],
		["(client_ref.EQ:'one'", null],
		["client_ref.LIKE:'one'", null],
	])('is filtered by %s', async (q, found) => {
		for (const client_ref of ['one', 'salt and pepper', "it's"]) await create({}, { client_ref });
		const { status, items } = await list({ q });
		expect(status).toBe(found === null ? 400 : 200);
		expect(items.map(({ client_ref }) => client_ref)).toEqual(found ?? []);
	});

	it('may refuse whatever is not an exact match', async () => {
		simulator.settings.exactFiltersOnly = true;
		const exact = "client_ref.EQ:'one' AND status_code.EQ:'failed'";
		expect((await list({ q: exact })).status).toBe(200);
		expect((await list({ q: `${exact} AND created_at>2026-01-01` })).status).toBe(400);
		expect((await list({ q: `${exact} OR ${exact}` })).status).toBe(400);
	});
});

describe('an asset', () => {
	it('has the shape of the fixture, and its URL is signed anew at each read', async () => {
		const { url, confirmed } = await upload(await png('red'));
		expect(keysOf(confirmed)).toEqual(keysOf(asset));
		expect(confirmed).toMatchObject({ name: 'photo.png', asset_type: 'image', folder_id: null });
		const read = await call('GET', `/v1/assets/${confirmed.id}`);
		expect(read.status).toBe(200);
		expect({ ...read.body, url: '' }).toEqual({ ...confirmed, url: '' });
		expect(read.body.url).not.toBe(url);
		for (const signed of [url, String(read.body.url)]) {
			expect((await fetch(signed)).status).toBe(200);
		}
		expect((await call('GET', '/v1/assets/none')).body.code).toBe('ASSET_NOT_FOUND');
	});
});

describe('signed URLs', () => {
	it('differ at each read, work only as they were signed, and expire when told to', async () => {
		const { body } = await create();
		const [first, second] = [await imageOf(body.id), await imageOf(body.id)];
		expect(first).not.toBe(second);
		const status = async (url: string) => (await fetch(url)).status;
		expect([await status(first), await status(second)]).toEqual([200, 200]);
		expect(await status(first.replace(/Signature=.*/, 'Signature=guessed'))).toBe(403);
		expect(await status(first.split('?')[0] ?? '')).toBe(403);
		const other = await imageOf((await create()).body.id);
		expect(await status(`${other.split('?')[0]}?${first.split('?')[1]}`)).toBe(403);

		simulator.settings.urlLifetime = 30;
		await new Promise((resolve) => setTimeout(resolve, 60));
		expect(await status(first)).toBe(403);
		simulator.settings.urlLifetime = 60_000;
		expect(await status(await imageOf(body.id))).toBe(200);
	});

	it('are signed anew in the input of a run, too', async () => {
		const { url } = await upload(await png('red'));
		const { body } = await call('POST', edit, { input: { prompt: 'a', image_urls: [url] } });
		const { input } = runSchema.parse((await call('GET', `/v1/runs/${body.id}`)).body);
		const [shown] = input?.image_urls as string[];
		expect(shown).not.toBe(url);
		expect(shown?.split('?')[0]).toBe(url.split('?')[0]);
	});

	it('of an earlier run can be edited, are signed anew in the input, and fail a run once they have expired', async () => {
		const earlier = await imageOf((await create()).body.id);
		const submit = async () => {
			const { body } = await call('POST', edit, { input: { prompt: 'b', image_urls: [earlier] } });
			return runSchema.parse((await call('GET', `/v1/runs/${body.id}`)).body);
		};
		const { input, status } = await submit();
		const [shown] = input?.image_urls as string[];
		expect(status).toBe('succeeded');
		expect(shown).not.toBe(earlier);
		expect(shown?.split('?')[0]).toBe(earlier.split('?')[0]);

		simulator.settings.urlLifetime = 30;
		await new Promise((resolve) => setTimeout(resolve, 60));
		expect(await submit()).toMatchObject({
			status: 'failed',
			failure: { code: 'INPUT_VALIDATION_FAILED', stage: 'preprocess' },
		});
	});
});

describe('the rest of the API', () => {
	it('says that it is well to anybody', async () => {
		const { status, body } = await call('GET', '/v1/health', undefined, {});
		expect([status, body.status]).toEqual([200, 'ok']);
	});

	it.each([
		['GET', '/v1/no-such-path', undefined, 404, 'NOT_FOUND'],
		['DELETE', '/v1/runs', undefined, 404, 'NOT_FOUND'],
		['POST', generate, 'not json', 400, 'BAD_REQUEST'],
	])('answers %s %s with its own error envelope', async (method, path, sent, status, code) => {
		const answer = await call(method, path, sent);
		expect(answer.status).toBe(status);
		expect(keysOf(answer.body)).toEqual(keysOf(notFoundError));
		expect(answer.body).toMatchObject({ code, errors: null });
	});

	it('asks for a key on unknown paths, too', async () => {
		expect((await call('GET', '/v1/no-such-path', undefined, {})).status).toBe(401);
	});

	const id = '01970c11-2222-7333-8444-555566667777';
	it.each([
		['runs:create', 'POST', generate],
		['runs:create', 'POST', edit],
		['runs:read', 'GET', '/v1/runs'],
		['runs:read', 'GET', `/v1/runs/${id}`],
		['runs:read', 'GET', `/v1/runs/${id}/callback`],
		['runs:execute', 'POST', `/v1/runs/${id}/callback-redeliveries`],
		['assets:create', 'POST', '/v1/asset-uploads'],
		['assets:create', 'POST', `/v1/asset-uploads/${id}/confirmations`],
		['assets:read', 'GET', `/v1/assets/${id}`],
	])('refuses a key without %s for %s %s', async (scope, method, path) => {
		const allowed = simulator.settings.scopes;
		simulator.settings.scopes = allowed.filter((other) => other !== scope);
		const refused = await call(method, path, method === 'POST' ? {} : undefined);
		expect(refused.status).toBe(403);
		expect(keysOf(refused.body)).toEqual(keysOf(permissionError));
		expect(refused.body.code).toBe('PERMISSION_DENIED');
		simulator.settings.scopes = allowed;
		expect((await call(method, path, method === 'POST' ? {} : undefined)).status).not.toBe(403);
	});

	it('passes the test of the credential with a key that may only make runs and read them', async () => {
		simulator.settings.scopes = ['runs:create', 'runs:read'];
		expect((await call('GET', '/v1/auth/me')).status).toBe(403);
		const { url, qs } = new RunflowApi().test.request;
		expect((await list(qs as Record<string, string>)).status).toBe(200);
		expect(url).toBe('/v1/runs');
		expect(qs).toEqual({ limit: 1 });
	});
});
