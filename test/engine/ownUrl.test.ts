import { sleep } from 'n8n-workflow';
import nock from 'nock';

import { canReachItself } from '../../nodes/GptImage2/suspension/resumeUrl';
import { queuedRun } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

/** Suspends an execution whose own URL is answered like this, and returns its hints. */
async function suspendBehind(status: number, body: object | string) {
	nock.cleanAll();
	nock(apiUrl).persist().post(/runs$/).reply(201, queuedRun).get(/runs/).reply(200, queuedRun);
	const proxy = nock('https://n8n.example.com')
		.persist()
		.post(/waiting/)
		.reply(status, body);
	const { hints } = await runWorkflow(
		goldenWorkflow('generate', { completion: 'suspend', options: { timeout: 3 } }),
		{ input: [{ json: { prompt: 'p0' } }] },
	);
	await sleep(3_000);
	return { hints: hints.join(), wasAsked: proxy.isDone() };
}

describe('whether n8n reaches its own URL', () => {
	it('is not believed of a proxy that answers in its place, and then there is a hint', async () => {
		const first = await suspendBehind(403, '<h1>Forbidden</h1>');
		expect(first.wasAsked).toBe(true);
		expect(first.hints).not.toContain('NO_PROXY');
		expect(canReachItself()).toBe(false);
		expect((await suspendBehind(403, '')).hints).toContain('NO_PROXY');
	});
});
