import { sleep } from 'n8n-workflow';
import nock from 'nock';

import { queuedRun, runId, succeededRun } from '../fixtures/answers';
import { apiUrl, runWorkflow } from './harness';
import { goldenWorkflow } from './workflows';

const start = 'n8n-nodes-base.executeWorkflowTrigger';

/** Suspends an execution whose alarm n8n refuses to start, and returns how often it was asked to. */
async function suspendWith(message: string, number: number): Promise<number> {
	const id = `${runId.slice(0, -4)}${2000 + number}`;
	nock.cleanAll();
	let pendingReads = 1;
	nock(apiUrl)
		.persist()
		.post(/runs$/)
		.reply(201, { ...queuedRun, id })
		.get(`/v1/runs/${id}`)
		.reply(200, () => ({ ...(pendingReads-- > 0 ? queuedRun : succeededRun), id }));
	nock('https://n8n.example.com')
		.persist()
		.post(/waiting/)
		.reply(404, { code: 404, message: '' });
	let asked = 0;
	const executeWorkflow = async () => {
		asked += 1;
		throw new Error(message);
	};
	await runWorkflow(
		goldenWorkflow('generate', { completion: 'suspend', options: { timeout: 20 } }),
		{ input: [{ json: { prompt: 'p0' } }], executeWorkflow },
	);
	// What watches over the suspension ends before the next.
	await sleep(2_500);
	return asked;
}

describe('an alarm that n8n refuses to start', () => {
	it('is tried again with the next suspension, unless n8n has no node to start it with', async () => {
		const asked = [
			await suspendWith(`Credentials of '${start}' could not be read`, 1),
			await suspendWith(`Unrecognized node type: ${start}`, 2),
			await suspendWith(`Unrecognized node type: ${start}`, 3),
		];
		expect(asked).toEqual([1, 1, 0]);
	});
});
