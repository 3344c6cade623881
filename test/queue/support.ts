import type { INode, INodeExecutionData } from 'n8n-workflow';

import type { ExportedWorkflow, N8nClient } from '../../scripts/n8n/client';
import { listExecutions } from '../../scripts/n8n/executions';
import { startQueue, type QueueOptions, type RunningQueue } from '../../scripts/n8n/queue';
import { startSimulator, type Simulator } from '../../simulator/simulator';
import {
	credentialFor,
	expectSuccess,
	goldenWorkflow,
	itemsOf,
	until,
	type NodeChange,
} from '../e2e/support';

/** The signing secret in the credential of these tests. */
export const secret = 'whsec_queue_secret';

/** One n8n in queue mode for all tests of a file, each of which leaves all processes running. */
export interface Cluster {
	queue: RunningQueue;
	client: N8nClient;
	simulator: Simulator;
	credentialId: string;
	/** Makes the simulator as it was at the start. */
	calm: () => void;
	/** Suspends that many executions with one run each, and waits until n8n has saved them all. */
	suspended: (count: number, change?: NodeChange) => Promise<string[]>;
	/** What came out of each of the executions, which all have to succeed. */
	itemsOfAll: (ids: string[]) => Promise<INodeExecutionData[]>;
	stop: () => Promise<void>;
}

/** Starts an n8n in queue mode with the packed package, beside a simulator. */
export async function startCluster(options: Omit<QueueOptions, 'tarball'>): Promise<Cluster> {
	const tarball = process.env.E2E_TARBALL ?? '';
	const queue = await startQueue({ tarball, ...options });
	const { client } = queue;
	const simulator = await startSimulator();
	const credentialId = await credentialFor(client, simulator, secret);
	return {
		queue,
		client,
		simulator,
		credentialId,
		calm: () => {
			simulator.behave();
			for (const book of [simulator.runs, simulator.deliveries, simulator.assets]) book.length = 0;
			Object.assign(simulator.settings, { runTime: 1000, signingSecret: null });
		},
		suspended: async (count, change = {}) => {
			const parameters = { completion: 'suspend', ...change.parameters };
			const workflow = prompts(1, { ...change, parameters });
			const workflowId = await client.createWorkflow(workflow, credentialId);
			const ids = await Promise.all(
				Array.from({ length: count }, async () => await client.execute(workflowId, 'Start')),
			);
			await until(async () => {
				const statuses = await Promise.all(ids.map(async (id) => await client.statusOf(id)));
				return statuses.every((status) => status === 'waiting');
			});
			return ids;
		},
		itemsOfAll: async (ids) => {
			const executions = await Promise.all(
				ids.map(async (id) => await client.finished(id, 200_000)),
			);
			executions.forEach(expectSuccess);
			return executions.flatMap((execution) => itemsOf(execution));
		},
		stop: async () => {
			await queue.stop();
			await simulator.close();
		},
	};
}

/** The golden workflow of the e2e tests with this many prompts in place of 20. */
export function prompts(count: number, change: NodeChange = {}): ExportedWorkflow {
	return withNode(goldenWorkflow('twenty-items', change), 'Prompts', (node) => ({
		...node,
		parameters: {
			jsCode: `return Array.from({ length: ${count} }, (_, number) => ({ json: { prompt: \`picture number \${number}.\` } }));`,
		},
	}));
}

/** The same workflow with a webhook of that path in place of its manual trigger, so that it can be published. */
export function startedByWebhook(workflow: ExportedWorkflow, path: string): ExportedWorkflow {
	return withNode(workflow, 'Start', (node) => ({
		...node,
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		parameters: { httpMethod: 'POST', path, options: {} },
		webhookId: path,
	}));
}

/** The id of a workflow's newest execution, null as long as there is none. */
export async function newestExecution(
	client: N8nClient,
	workflowId: string,
): Promise<string | null> {
	return (await listExecutions(client, { workflowId }))[0]?.id ?? null;
}

/** The ids of a workflow's executions that its webhook started, newest first; those of alarms are not among them. */
export async function executionsStartedByWebhook(
	client: N8nClient,
	workflowId: string,
): Promise<string[]> {
	const executions = await listExecutions(client, { workflowId });
	return executions.filter(({ mode }) => mode === 'webhook').map(({ id }) => id);
}

function withNode(
	workflow: ExportedWorkflow,
	name: string,
	change: (node: INode) => INode,
): ExportedWorkflow {
	const nodes = workflow.nodes.map((node) => (node.name === name ? change(node) : node));
	return { ...workflow, nodes };
}
