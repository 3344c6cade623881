import type { INode } from 'n8n-workflow';
import nock from 'nock';

import { succeededRun } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

jest.setTimeout(60_000);

const idOf = (number: number) => `01970c11-2222-7333-8444-00000000000${number}`;

/** An API that redelivers callbacks but for that of one run, and what was asked of it, in order. */
function apiThatRefuses(refused: number, status = 422, delayMs = 0) {
	const posts: string[] = [];
	nock(apiUrl)
		.persist()
		.post(/callback-redeliveries$/)
		.delay(delayMs)
		.reply((uri) => {
			const [, id = ''] = /runs\/(.+)\/callback/.exec(uri) ?? [];
			posts.push(id);
			if (id === idOf(refused)) return [status, { code: 'CONFLICT' }];
			return [201, { id: `d ${id}`, run_id: id, status_code: 'succeeded' }];
		});
	return posts;
}

const redeliver = async (count: number, settings: Partial<INode> = {}) =>
	await runWorkflow(
		goldenWorkflow(
			'generate',
			{ resource: 'run', operation: 'redeliverCallback', runId: '={{ $json.id }}' },
			settings,
		),
		{ input: Array.from({ length: count }, (_, number) => ({ json: { id: idOf(number) } })) },
	);

describe('redelivering the callbacks of several runs', () => {
	it('asks for each good one once, however often Retry On Fail tries', async () => {
		const posts = apiThatRefuses(2);
		const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 };
		const { error } = await redeliver(3, settings);
		expect(error).toBeDefined();
		const times = (number: number) => posts.filter((id) => id === idOf(number)).length;
		expect([times(0), times(1), times(2)]).toEqual([1, 1, 3]);
	});

	it('sends nothing more after one has failed', async () => {
		const posts = apiThatRefuses(0);
		const { error } = await redeliver(9).then(async (result) => {
			const sent = posts.length;
			await new Promise((resolve) => setTimeout(resolve, 300));
			expect(posts).toHaveLength(sent);
			return result;
		});
		expect(error?.httpCode).toBe('422');
	});

	it('begins no other item once one has failed', async () => {
		const posts = apiThatRefuses(0, 422, 20);
		nock(apiUrl).persist().get(/./).reply(200, succeededRun);
		const workflow = goldenWorkflow('generate', {
			resource: 'run',
			operation: 'redeliverCallback',
			runId: '={{ $json.id }}',
		});
		const input = Array.from({ length: 40 }, (_, number) => ({
			json: { id: number === 0 ? idOf(0) : `01970c11-2222-7333-8444-0000000001${number}` },
		}));
		await runWorkflow(workflow, { input });
		expect(posts.length).toBeLessThanOrEqual(10);
	});

	it('has a row for each, where the node continues on errors', async () => {
		const posts = apiThatRefuses(1);
		const { items } = await redeliver(3, { onError: 'continueRegularOutput' });
		expect(items.map(({ json }) => ('error' in json ? typeof json.error : json.run_id))).toEqual([
			idOf(0),
			'string',
			idOf(2),
		]);
		expect(posts).toHaveLength(3);
	});
});
