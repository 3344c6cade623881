import nock from 'nock';

import { imageUrl, queuedRun, runId, succeededRun } from '../fixtures/answers';
import { apiUrl, bytesOf, runWorkflow } from './harness';
import workflow from './workflows/generate.json';

const image = new URL(imageUrl);

describe('generate, waiting in the execution', () => {
	it('creates a run, waits for it and outputs the image', async () => {
		const scope = nock(apiUrl)
			.post('/v1/models/openai/gpt-image-2/runs')
			.reply(201, queuedRun)
			.get(`/v1/runs/${runId}`)
			.reply(200, succeededRun);
		const files = nock(image.origin).get(image.pathname).query(true).reply(200, 'png bytes');
		const { items, error } = await runWorkflow(workflow, { input: [{ json: { prompt: 'a brass sign' } }] });
		expect(error).toBeUndefined();
		expect(items[0]?.json).toMatchObject({ run_id: runId, status: 'succeeded' });
		expect((await bytesOf(items[0])).toString()).toBe('png bytes');
		expect(scope.isDone()).toBe(true);
		expect(files.isDone()).toBe(true);
	});
});
