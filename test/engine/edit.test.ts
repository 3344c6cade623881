import nock from 'nock';

import { queuedRun, runId, succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const models = '/v1/models/openai/gpt-image-2/edit/runs';
const storage = 'https://storage.test';
const photo = (data = gif('photo')) => ({
	data: Buffer.from(data).toString('base64'),
	mimeType: 'image/png',
	fileName: 'photo.png',
});
const edit = (parameters: object = {}) =>
	goldenWorkflow('generate', { operation: 'edit', options: { download: false }, ...parameters });
const item = (binary: Record<string, ReturnType<typeof photo>> = {}) => ({
	json: { prompt: 'make it night' },
	binary,
});

/** Answers the three steps of one upload. */
const upload = (id: string, bytes: string) =>
	[
		nock(apiUrl)
			.post('/v1/asset-uploads', {
				filename: 'photo.png',
				mime_type: 'image/gif',
				size_bytes: bytes.length,
			})
			.reply(201, { asset_id: id, upload_url: `${storage}/put/${id}` })
			.post(`/v1/asset-uploads/${id}/confirmations`)
			.reply(201, { id, url: `${storage}/asset/${id}` }),
		nock(storage, {
			badheaders: ['authorization'],
			reqheaders: { 'content-type': 'image/gif', 'content-length': String(bytes.length) },
		})
			.put(`/put/${id}`, bytes)
			.reply(200),
	] as const;

describe('edit', () => {
	it('uploads the binary field without the key and sends its URL, with auto as the size', async () => {
		const scopes = upload('a1', gif('photo'));
		const api = nock(apiUrl)
			.post(
				models,
				(body) =>
					body.input.image_urls[0] === `${storage}/asset/a1` && body.input.image_size === 'auto',
			)
			.reply(201, succeededRun);
		const { items, error } = await runWorkflow(edit(), { input: [item({ data: photo() })] });
		expect(error).toBeUndefined();
		expect(items[0]?.json.run_id).toBe(runId);
		for (const scope of [...scopes, api]) expect(scope.isDone()).toBe(true);
	});

	it('uploads a binary field only once when several items share it, and the mask too', async () => {
		const scopes = [...upload('a1', gif('photo')), ...upload('m1', gif('mask'))];
		const api = nock(apiUrl)
			.post(models, (body) => body.input.mask_url === `${storage}/asset/m1`)
			.times(3)
			.reply(201, succeededRun);
		const binary = { data: photo(), mask: photo(gif('mask')) };
		const parameters = { options: { download: false, maskBinaryField: 'mask' } };
		const { items } = await runWorkflow(edit(parameters), {
			input: [item(binary), item(binary), item(binary)],
		});
		expect(items).toHaveLength(3);
		for (const scope of [...scopes, api]) expect(scope.isDone()).toBe(true);
	});

	it('sends URLs as they are', async () => {
		const api = nock(apiUrl)
			.post(
				models,
				(body) =>
					body.input.image_urls.join() === 'https://x.test/w_2,h_3/1.png,https://x.test/2.png' &&
					body.input.mask_url === 'https://x.test/m.png',
			)
			.reply(201, succeededRun);
		const parameters = {
			inputSource: 'url',
			inputUrls: 'https://x.test/w_2,h_3/1.png https://x.test/2.png',
			options: { download: false, maskUrl: 'https://x.test/m.png' },
		};
		const { error } = await runWorkflow(edit(parameters), { input: [item()] });
		expect(error).toBeUndefined();
		expect(api.isDone()).toBe(true);
	});

	it('sends data URIs and assets of Runflow as they are, for the server to decide', async () => {
		const png = 'data:image/png;base64,iVBORw0KGgo=';
		const asset = 'runflow://assets/01970c11-2222-7333-8444-555566667777';
		let sent: unknown;
		nock(apiUrl)
			.post(models, ({ input }) => {
				sent = [input.image_urls, input.mask_url];
				return true;
			})
			.reply(201, succeededRun);
		const parameters = {
			inputSource: 'url',
			inputUrls: `${png}, ${asset}\nhttps://x.test/1.png`,
			options: { download: false, maskUrl: png },
		};
		const { error } = await runWorkflow(edit(parameters), { input: [item()] });
		expect(error).toBeUndefined();
		expect(sent).toEqual([[png, asset, 'https://x.test/1.png'], png]);
	});

	it('neither uploads nor pays again when Retry On Fail tries once more', async () => {
		const scopes = upload('a1', gif('photo'));
		const api = nock(apiUrl)
			.post(models)
			.reply(201, queuedRun)
			.get(`/v1/runs/${runId}`)
			.reply(401, {})
			.get(`/v1/runs/${runId}`)
			.reply(200, succeededRun);
		const workflow = goldenWorkflow(
			'generate',
			{ operation: 'edit', options: { download: false, pollInterval: 0.1 } },
			{ retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		);
		const { error } = await runWorkflow(workflow, { input: [item({ data: photo() })] });
		expect(error).toBeUndefined();
		for (const scope of [...scopes, api]) expect(scope.isDone()).toBe(true);
	});

	it.each([
		[{}, {}, "'Input Data Field Name' names 'data', and the item has no such binary field"],
		[{ inputBinaryFields: ' ' }, {}, "'Input Data Field Name' must not be empty"],
		[
			{},
			{ data: photo('%PDF-1.7') },
			"'Input Data Field Name' names 'data', which is not an image",
		],
		[
			{},
			{ data: { ...photo(), bytes: 52_428_801 } },
			"'Input Data Field Name' names 'data', which is larger than 50 MiB",
		],
		[{}, { data: photo('') }, "'Input Data Field Name' names 'data', which is empty"],
		[
			{ options: { maskBinaryField: 'mask' } },
			{ data: photo(), mask: photo('<!doctype html>') },
			"'Mask Data Field Name' names 'mask', which is not an image",
		],
		[{ inputSource: 'url', inputUrls: ' , ' }, {}, "'Image URLs' must name at least one image"],
		[
			{ inputSource: 'url', inputUrls: 'ftp://x.test/1.png' },
			{},
			"and 'ftp://x.test/1.png' is not",
		],
		[
			{ inputSource: 'url', inputUrls: 'https://x.test/1.png, photo.png' },
			{},
			"'Image URLs' must be one URL that starts with https:// or http:// and has no spaces",
		],
		[
			{ options: { maskUrl: 'https://x.test/m.png;https://x.test/n.png' } },
			{ data: photo() },
			"'Mask URL' must be one URL",
		],
		[
			{ options: { maskUrl: 'https://x.test/m.png', maskBinaryField: 'mask' } },
			{ data: photo() },
			"'Mask URL' and 'Mask Data Field Name' can't be used together",
		],
		[
			{ imageSize: 'custom', width: 16, height: 16 },
			{ data: photo() },
			"'Width' must make an image of",
		],
	])('refuses %j with %j before anything is sent', async (parameters, binary, message) => {
		const { error } = await runWorkflow(edit(parameters), { input: [item(binary)] });
		expect(error?.message).toContain(message);
	});

	it.each([
		['application/octet-stream', 'image/gif', gif('photo')],
		['application/octet-stream', 'image/heic', '\0\0\0\x18ftypheic'],
		['image/jpeg', 'image/gif', gif('photo')],
	])('sends a file that is labelled %s as the %s that it is', async (label, mime_type, bytes) => {
		const scopes = [
			nock(apiUrl)
				.post('/v1/asset-uploads', (body) => body.mime_type === mime_type)
				.reply(201, { asset_id: 'a1', upload_url: `${storage}/put/a1` })
				.post('/v1/asset-uploads/a1/confirmations')
				.reply(201, { url: `${storage}/asset/a1` })
				.post(models)
				.reply(201, succeededRun),
			nock(storage, { reqheaders: { 'content-type': mime_type } })
				.put('/put/a1')
				.reply(200),
		];
		const data = { ...photo(bytes), mimeType: label };
		const { error } = await runWorkflow(edit(), { input: [item({ data })] });
		expect(error).toBeUndefined();
		for (const scope of scopes) expect(scope.isDone()).toBe(true);
	});
});
