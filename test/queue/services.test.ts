import type { Execution } from '../../scripts/n8n/client';
import { drawing, expectSuccess, itemsOf, until } from '../e2e/support';
import { picturesIn, recoverOften, startFaultyCluster, type FaultyCluster } from './faultyCluster';
import { executionsStartedByWebhook, prompts, startedByWebhook } from './support';

jest.setTimeout(300_000);

let cluster: FaultyCluster;

beforeAll(async () => {
	cluster = await startFaultyCluster('services');
});

beforeEach(() => cluster.calm());

afterAll(async () => await cluster.stop());

/**
 * Retries as a user does: again where n8n itself still has no connection to its database. A process of
 * n8n whose connections were cut may say so for 20 seconds after PostgreSQL is back.
 */
async function retriedWithDatabase(id: string): Promise<Execution> {
	const hasNoDatabase = ({ data }: Execution) =>
		data.resultData.error?.message === 'timeout exceeded when trying to connect';
	let execution = await cluster.client.retry(id);
	for (let retries = 1; retries < 4 && hasNoDatabase(execution); retries++) {
		execution = await cluster.client.retry(id);
	}
	return execution;
}

/**
 * Whether n8n has overwritten an execution with an empty one, so that its Retry ran nothing: its main does so
 * where it hears that a job has failed, and the database is back by then.
 */
const isEmptied = ({ data }: Execution) => Object.keys(data.resultData.runData).length === 0;

/** What 'Reuse Earlier Runs' takes up for as many items with the first prompt. */
async function reused(count: number): Promise<ReturnType<typeof itemsOf>> {
	const { client, credentialId } = cluster;
	const items = Array.from({ length: count }, () => ({ prompt: 'picture number 0.' }));
	const workflow = drawing(items, { options: { reuse: 1 } });
	const workflowId = await client.createWorkflow(workflow, credentialId);
	const execution = await client.executeToEnd(workflowId);
	expectSuccess(execution);
	return itemsOf(execution);
}

describe.each(['redis', 'postgres'] as const)('in queue mode, when %s is restarted', (service) => {
	it('an execution goes on polling, and ends with its images', async () => {
		const { client, queue, simulator } = cluster;
		simulator.settings.runTime = 10_000;
		const { id } = await cluster.polling(`six-${service}`);
		await queue.restart(service, 2000);
		const execution = await client.finished(id);
		expectSuccess(execution);
		cluster.expectWhole(`${service} restarted while polling`, picturesIn(itemsOf(execution)), 6);
	});

	it('executions that are suspended or resuming end with their images', async () => {
		const { queue, simulator } = cluster;
		simulator.settings.runTime = 12_000;
		const ids = await cluster.suspended(4);
		await queue.restart(service, 1000);
		await until(() => simulator.runs.some(({ endsAt }) => endsAt < Date.now() + 1000));
		await queue.restart(service, 3000);
		const items = await cluster.itemsOfAll(ids);
		cluster.expectWhole(
			`${service} restarted twice: while suspended, and while resuming`,
			picturesIn(items),
			4,
		);
	});

	it('executions that are just being suspended end with their images, those that n8n lost by Retry or Reuse', async () => {
		const { client, credentialId, queue, simulator } = cluster;
		simulator.settings.runTime = 8_000;
		const path = `suspending-${service}`;
		const workflow = prompts(1, { parameters: { completion: 'suspend' } });
		const workflowId = await client.createWorkflow(startedByWebhook(workflow, path), credentialId);
		await client.activate(workflowId);
		const start = async () => await fetch(`${queue.url}/webhook/${path}`, { method: 'POST' });
		await Promise.all(Array.from({ length: 4 }, start));
		await until(() => simulator.runs.length > 0);
		await queue.restart(service, 1000);
		if (service === 'postgres') {
			// n8n could save nothing meanwhile, and looks for such executions when its main starts.
			await queue.mains[0]?.kill('SIGKILL');
			await queue.boot(recoverOften);
		}
		const ids = await executionsStartedByWebhook(client, workflowId);
		expect(ids).toHaveLength(4);
		const executions = await Promise.all(
			ids.map(async (id) => {
				const execution = await client.finished(id, 60_000);
				return execution.status === 'success' ? execution : await retriedWithDatabase(id);
			}),
		);
		executions.forEach(expectSuccess);
		const kept = executions
			.filter((execution) => !isEmptied(execution))
			.flatMap((execution) => itemsOf(execution));
		// A picture that could not be stored, because the database was away, is a row that says so.
		const unsaid = kept.filter(({ binary, json }) => !binary?.data && !json.failure);
		expect(unsaid.map(({ json }) => json)).toEqual([]);
		const items = picturesIn(kept) < 4 ? [...kept, ...(await reused(4))] : kept;
		const pictured = items.filter(({ binary }) => binary?.data).map(({ json }) => json.run_id);
		const images = new Set(pictured).size;
		cluster.expectWhole(`${service} restarted while 4 executions are being suspended`, images, 4);
	});
});
