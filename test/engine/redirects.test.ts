import nock from 'nock';

import { imageUrl, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { gif } from '../fixtures/pictures';
import { apiUrl, bytesOf, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const models = '/v1/models/openai/gpt-image-2/runs';
const input = [{ json: { prompt: 'a brass sign' } }];
const short = { options: { timeout: 1 } };
/** A host that n8n's helpers give the key to, where they follow a redirect. */
const subdomain = apiUrl.replace('https://', 'https://evil.');

const ofOutput = (url: string) => ({ ...succeededRun, output: { outputs: [{ url }] } });

describe('a redirect of an API call', () => {
	it.each([subdomain, 'https://elsewhere.test'])(
		'to %s is not followed, whatever is asked',
		async (host) => {
			const elsewhere = nock(host)
				.persist()
				.get(/.*/)
				.reply(200, succeededRun)
				.post(/.*/)
				.reply(201, succeededRun);
			nock(apiUrl)
				.persist()
				.post(models)
				.reply(307, '', { location: `${host}${models}` })
				.get(/.*/)
				.reply(302, '', { location: `${host}/v1/runs/${runId}` });
			const created = await runWorkflow(goldenWorkflow('generate'), { input });
			const got = await runWorkflow(
				goldenWorkflow('generate', { resource: 'run', operation: 'get', runId }),
				{ input },
			);
			for (const { error } of [created, got]) {
				expect(error?.message).toMatch(/^Runflow's address leads elsewhere \(HTTP 30[27]\)$/);
				expect(error?.description).toContain("Check 'Base URL'");
			}
			expect(created.error?.context?.may_be_paid).toBeUndefined();
			expect(elsewhere.isDone()).toBe(false);
			expect(elsewhere.pendingMocks()).toHaveLength(2);
		},
	);
});

describe('what the API names, where it is on the internet itself', () => {
	const inside = () =>
		nock('http://127.0.0.1:9').persist().get(/.*/).reply(200, gif('secret')).put(/.*/).reply(200);

	it.each([
		['http://127.0.0.1:9/meta', 'its URL leads into a private network'],
		['http://localhost.:9/meta', 'its URL leads into a private network'],
		['ftp://files.test/a.png', 'its URL is neither https:// nor http://'],
	])('is not fetched from %s', async (url, words) => {
		const scope = inside();
		nock(apiUrl)
			.persist()
			.post(models)
			.reply(201, ofOutput(url))
			.get(/.*/)
			.reply(200, ofOutput(url));
		const { error, items } = await runWorkflow(goldenWorkflow('generate', short), { input });
		expect(items).toEqual([]);
		expect(error?.message).toBe('The picture ("a brass sign") is made but could not be downloaded');
		expect(error?.description).toContain(words);
		expect(scope.pendingMocks()).toHaveLength(2);
	});

	it('is not fetched where it redirects into a private network', async () => {
		const scope = inside();
		const { origin } = new URL(imageUrl);
		nock(apiUrl).persist().post(models).reply(201, succeededRun).get(/.*/).reply(200, succeededRun);
		const first = nock(origin).get(/.*/).reply(302, '', { location: 'http://127.0.0.1:9/meta' });
		const { error } = await runWorkflow(goldenWorkflow('generate', short), { input });
		expect(error?.description).toContain('its URL leads into a private network');
		expect(first.isDone()).toBe(true);
		expect(scope.pendingMocks()).toHaveLength(2);
	});

	it('is fetched uncompressed and without the key, wherever a redirect leads on the internet', async () => {
		const { origin } = new URL(imageUrl);
		nock(apiUrl).post(models).reply(201, succeededRun);
		const badheaders = ['authorization', 'x-organization-id'];
		const reqheaders = { 'accept-encoding': 'identity' };
		const first = nock(origin, { badheaders, reqheaders })
			.get(/.*/)
			.reply(301, '', { location: '//files.test/a.gif' });
		const second = nock('https://files.test', { badheaders, reqheaders })
			.get('/a.gif')
			.reply(200, gif('moved'));
		const { items } = await runWorkflow(goldenWorkflow('generate'), { input });
		expect((await bytesOf(items[0])).toString()).toBe(gif('moved'));
		expect([first.isDone(), second.isDone()]).toEqual([true, true]);
	});

	it('gets no upload in a private network, and no run is started', async () => {
		const scope = inside();
		const api = nock(apiUrl)
			.post('/v1/asset-uploads')
			.reply(201, { asset_id: 'a1', upload_url: 'http://127.0.0.1:9/put' });
		const create = nock(apiUrl)
			.post(/edit\/runs$/)
			.reply(201, queuedRun);
		const data = { data: Buffer.from(gif('photo')).toString('base64'), mimeType: 'image/gif' };
		const { error } = await runWorkflow(goldenWorkflow('generate', { operation: 'edit' }), {
			input: [{ ...input[0], json: { prompt: 'night' }, binary: { data } }],
		});
		expect(error?.message).toBe('An image could not be sent to the storage of Runflow');
		expect(error?.description).toContain('its URL leads into a private network');
		expect(api.isDone()).toBe(true);
		expect(create.isDone()).toBe(false);
		expect(scope.pendingMocks()).toHaveLength(2);
	});
});
