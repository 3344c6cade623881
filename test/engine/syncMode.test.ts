import nock from 'nock';

import { runId, succeededRun } from '../fixtures/answers';
import { breakStore } from './binaryStore';
import { apiUrl, bytesOf, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(30_000);

const models = '/v1/models/openai/gpt-image-2/runs';
const path = `/v1/runs/${runId}`;
const input = [{ json: { prompt: 'p0' } }];
const twice = { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 };
const dataUri = (text: string) => `data:image/png;base64,${Buffer.from(text).toString('base64')}`;
const inline = (...texts: string[]) => ({
	...succeededRun,
	output: { ...succeededRun.output, outputs: texts.map((text) => ({ url: dataUri(text) })) },
});
const emptied = { ...succeededRun, output: null };

afterEach(() => jest.restoreAllMocks());

describe('sync mode', () => {
	it('keeps each image as soon as it is stored, and a second try stores only the rest', async () => {
		breakStore(2);
		const keys: string[] = [];
		const api = nock(apiUrl)
			.post(models)
			.times(2)
			.reply(function () {
				keys.push(String(this.req.headers['idempotency-key']));
				return [201, inline('first', 'second')];
			})
			.get(path)
			.reply(200, emptied);
		const workflow = goldenWorkflow('generate', { syncMode: true, numImages: 2 }, twice);
		const { items: out, error } = await runWorkflow(workflow, { input });
		expect(error).toBeUndefined();
		expect((await bytesOf(out[0])).toString()).toBe('first');
		expect((await bytesOf(out[1])).toString()).toBe('second');
		expect(new Set(keys).size).toBe(1);
		expect(api.isDone()).toBe(true);
	});

	it('delivers what there is and names what is lost', async () => {
		breakStore(1);
		nock(apiUrl)
			.post(models)
			.reply(201, inline('first', 'second'))
			.post(models)
			.reply(409, { code: 'CONFLICT' })
			.get(path)
			.reply(200, emptied);
		const workflow = goldenWorkflow('generate', { syncMode: true, numImages: 2 }, twice);
		const { items: out, error, hints } = await runWorkflow(workflow, { input });
		expect(error).toBeUndefined();
		expect(out).toHaveLength(1);
		expect((await bytesOf(out[0])).toString()).toBe('second');
		expect(hints.join()).toContain(`1 image of run ${runId} could not be stored and is lost`);
	});

	it('delivers what could be stored when the node continues on errors', async () => {
		breakStore(2);
		nock(apiUrl).post(models).reply(201, inline('first', 'second'));
		const { items: out, hints } = await runWorkflow(
			goldenWorkflow(
				'generate',
				{ syncMode: true, numImages: 2 },
				{ onError: 'continueRegularOutput' },
			),
			{ input },
		);
		expect(out).toHaveLength(1);
		expect((await bytesOf(out[0])).toString()).toBe('first');
		expect(hints.join()).toContain('is lost');
	});

	it('asks for the image again with the same key when the answer to the create got lost', async () => {
		const keys: string[] = [];
		const note = function (this: nock.ReplyFnContext) {
			keys.push(String(this.req.headers['idempotency-key']));
		};
		const api = nock(apiUrl)
			.post(models)
			.reply(function (_uri, _body, respond) {
				note.call(this);
				respond(Object.assign(new Error('late'), { code: 'ECONNABORTED' }), [0, '']);
			})
			.get('/v1/runs')
			.query(true)
			.reply(function (uri) {
				const filter = new URL(uri, apiUrl).searchParams.get('q') ?? '';
				return [200, { items: [{ ...emptied, client_ref: /'(.*?)'/.exec(filter)?.[1] }] }];
			})
			.get(path)
			.reply(200, emptied)
			.post(models)
			.reply(function () {
				note.call(this);
				return [201, inline('only copy')];
			});
		const { items: out, error } = await runWorkflow(
			goldenWorkflow('generate', { syncMode: true }),
			{ input },
		);
		expect(error).toBeUndefined();
		expect((await bytesOf(out[0])).toString()).toBe('only copy');
		expect(new Set(keys).size).toBe(1);
		expect(api.isDone()).toBe(true);
	});

	it('says what kept it from asking for the image again, so that another try can', async () => {
		nock(apiUrl)
			.post(models)
			.reply(201, emptied)
			.get(path)
			.reply(200, emptied)
			.post(models)
			.times(6)
			.reply(503, {}, { 'retry-after': '0' });
		nock(apiUrl).persist().get('/v1/runs').query(true).reply(200, { items: [] });
		const { error } = await runWorkflow(goldenWorkflow('generate', { syncMode: true }), { input });
		expect(error?.httpCode).toBe('503');
		expect(`${error?.message} ${error?.description}`).toContain(runId);
	});

	it.each([
		['outputs those of another run, and says that both may be charged', inline('again'), 1],
		['stays with the run that it knows where another has no image either', emptied, 0],
	])('%s', async (_name, answered, images) => {
		const anotherId = `${runId.slice(0, -1)}f`;
		nock(apiUrl)
			.post(models)
			.reply(201, emptied)
			.post(models)
			.reply(201, { ...answered, id: anotherId })
			.get(path)
			.reply(200, emptied);
		const {
			items: out,
			error,
			hints,
		} = await runWorkflow(goldenWorkflow('generate', { syncMode: true }), { input });
		expect(out.filter(({ binary }) => binary?.data)).toHaveLength(images);
		const said = images > 0 ? hints.join() : `${error?.message} ${error?.description}`;
		expect(said).toContain(runId);
		expect(said.includes(anotherId)).toBe(images > 0);
	});

	it('is refused in a tool of an agent, which gets no image but by its URL', async () => {
		const api = nock(apiUrl).post(models).reply(201, inline('only copy'));
		const asTool = { type: 'n8n-nodes-runflow.gptImage2Tool' };
		for (const parameters of [
			{ syncMode: true },
			{ options: { additionalInput: '{"sync_mode": true}' } },
		]) {
			const workflow = goldenWorkflow('generate', parameters, asTool);
			const { items: out } = await runWorkflow(workflow, { input });
			expect(out[0]?.json.error).toContain("'Sync Mode' does not work in a tool of an agent");
		}
		expect(api.isDone()).toBe(false);
	});

	it('never says that an only copy which could not be stored is not lost', async () => {
		breakStore(1);
		nock(apiUrl).post(models).reply(201, inline('first'));
		const { error } = await runWorkflow(goldenWorkflow('generate', { syncMode: true }), { input });
		expect(error?.message).toBe('The picture ("p0") is made but could not be stored in n8n');
		expect(error?.description).toContain('(no space left on device)');
		expect(error?.description).toContain('so this image is lost');
		expect(error?.description).not.toContain('not lost');
	});

	it('says plainly that an image is lost', async () => {
		const api = nock(apiUrl).post(models).times(2).reply(201, emptied);
		const { error } = await runWorkflow(goldenWorkflow('generate', { syncMode: true }), { input });
		expect(error?.message).toBe(
			'The picture ("p0") did not arrive: its run succeeded but delivered no image',
		);
		expect(error?.description).toContain('Its images are lost');
		expect(api.isDone()).toBe(true);
	});
});
