import nock from 'nock';

import { gif } from '../fixtures/pictures';
import { imageUrl, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const path = `/v1/runs/${runId}`;
const early = { ...succeededRun, output: null };

const image = new URL(imageUrl);
const picture = gif('late');

/** The status is there at once, the output only with the third read. */
function lateApi(): nock.Scope {
	nock(image.origin)
		.get(image.pathname)
		.query(true)
		.reply(200, picture, { 'content-type': 'image/gif' });
	return nock(apiUrl).get(path).times(2).reply(200, early).get(path).reply(200, succeededRun);
}

const input = [{ json: { prompt: 'a brass sign' } }];

describe('an output that comes later than the status', () => {
	it.each(['poll', 'suspend'])('is waited for with the completion %s', async (completion) => {
		nock(apiUrl).post('/v1/models/openai/gpt-image-2/runs').reply(201, queuedRun);
		const api = lateApi();
		const parameters = { completion, options: { download: false } };
		const { error, items } = await runWorkflow(goldenWorkflow('generate', parameters), { input });
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json)).toMatchObject([{ url: imageUrl, failure: null }]);
		expect(api.isDone()).toBe(true);
	});

	it('is waited for when the run is read later', async () => {
		const api = lateApi();
		const parameters = { resource: 'run', operation: 'get', runId, options: { download: false } };
		const { items } = await runWorkflow(goldenWorkflow('generate', parameters), { input });
		expect(items.map(({ json }) => json)).toMatchObject([{ url: imageUrl, image_count: 1 }]);
		expect(api.isDone()).toBe(true);
	});

	it('is not waited for where Runflow keeps none', async () => {
		const inSync = { ...early, input: { prompt: 'a brass sign', sync_mode: true } };
		const api = nock(apiUrl).get(path).reply(200, inSync);
		const parameters = { resource: 'run', operation: 'get', runId };
		const { items } = await runWorkflow(goldenWorkflow('generate', parameters), { input });
		expect(items.map(({ json }) => json)).toMatchObject([{ url: null, image_count: 0 }]);
		expect(api.isDone()).toBe(true);
	});
});
