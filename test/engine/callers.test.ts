import { sleep } from 'n8n-workflow';
import nock from 'nock';

import { CountingApi } from './api';
import { execute, items } from './executions';

const n8n = 'https://n8n.example.com';
const finished = { code: 409, message: 'The execution has finished already.' };

/** Suspends an execution with this many runs, and returns which of them call back. */
async function callersAmong(count: number): Promise<boolean[]> {
	const api = new CountingApi((run) => void (run.status = 'running'));
	const prompts = Array.from({ length: count }, (_, number) => `p${number}`);
	const suspended = await execute(
		{ input: items(...prompts) },
		{ completion: 'suspend', options: { timeout: 2 } },
	);
	expect(suspended.run.status).toBe('waiting');
	const byPrompt = new Map(api.runs.map(({ callbackUrl, prompt }) => [prompt, callbackUrl]));
	nock.cleanAll();
	return prompts.map((prompt) => byPrompt.get(prompt) !== null);
}

describe('the runs of a suspended node that call back', () => {
	it('are the last four of many, where n8n can call itself and sees all in one list', async () => {
		nock(n8n).persist().post(/.*/).reply(409, finished);
		const callers = await callersAmong(12);
		expect(callers).toEqual([...Array<boolean>(8).fill(false), ...Array<boolean>(4).fill(true)]);
	});

	it('are all of a few', async () => {
		expect(await callersAmong(8)).toEqual(Array<boolean>(8).fill(true));
	});

	it('are all of many where n8n can not call itself, so that nothing else wakes it', async () => {
		new CountingApi((run) => {
			setTimeout(() => (run.status = 'succeeded'), 500);
			run.status = 'running';
		});
		nock(n8n).persist().post(/.*/).replyWithError('blocked');
		await execute({ input: items('p0') }, { completion: 'suspend', options: { timeout: 10 } });
		await sleep(2_500);
		nock.cleanAll();
		expect(await callersAmong(12)).toEqual(Array<boolean>(12).fill(true));
	});
});
