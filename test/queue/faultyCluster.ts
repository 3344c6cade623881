import { itemsOf, until } from '../e2e/support';
import { FaultBook } from './faultBook';
import { newestExecution, prompts, startCluster, startedByWebhook, type Cluster } from './support';

/** Jobs of a worker that died are found within seconds, where n8n's defaults take minutes and hours. */
const noticeDeadWorkers = {
	QUEUE_WORKER_LOCK_DURATION: '10000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '3000',
	QUEUE_WORKER_STALLED_INTERVAL: '4000',
};

/** n8n looks every few seconds for executions that it lost. */
export const recoverOften = { N8N_EXECUTIONS_QUEUE_RECOVERY_INTERVAL: '0.1' };

/** A cluster to which things happen, and the book of what that did. */
export interface FaultyCluster extends Cluster {
	/**
	 * Enters a fault with this many pictures out of the number wanted; fails if one was lost or paid twice.
	 */
	expectWhole: (fault: string, pictures: number, wanted: number) => void;
	/** Starts a published workflow of six prompts by its webhook, and waits until its six runs exist. */
	polling: (path: string) => Promise<{ workflowId: string; id: string }>;
}

/**
 * Starts a cluster with two webhook processes. On `stop` it writes the table of its faults to
 * `reports/queue-<name>.md`.
 */
export async function startFaultyCluster(name: string): Promise<FaultyCluster> {
	const cluster = await startCluster({ webhooks: 2, env: noticeDeadWorkers });
	const { client, credentialId, queue, simulator } = cluster;
	const book = new FaultBook();
	return {
		...cluster,
		expectWhole: (fault, images, wanted) => {
			const row = book.enter({ fault, wanted, images, runs: simulator.runs.length });
			expect(row).toMatchObject({ lost: 0, paidTwice: 0 });
		},
		polling: async (path) => {
			const before = simulator.runs.length;
			const workflow = startedByWebhook(prompts(6), path);
			const workflowId = await client.createWorkflow(workflow, credentialId);
			await client.activate(workflowId);
			const answer = await fetch(`${queue.url}/webhook/${path}`, { method: 'POST' });
			expect(answer.status).toBe(200);
			await until(() => simulator.runs.length === before + 6);
			const id = (await newestExecution(client, workflowId)) ?? '';
			expect(await client.statusOf(id)).toBe('running');
			return { workflowId, id };
		},
		stop: async () => {
			await cluster.stop();
			book.print(name);
		},
	};
}

/** How many of the items have their picture. */
export const picturesIn = (items: ReturnType<typeof itemsOf>): number =>
	items.filter(({ binary }) => binary?.data).length;
