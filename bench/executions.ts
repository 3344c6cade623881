import { setTimeout as sleep } from 'node:timers/promises';

import type { Execution, ExportedWorkflow, N8nClient } from '../scripts/n8n/client';
import { listExecutions } from '../scripts/n8n/executions';
import type { Simulator } from '../simulator/simulator';
import type { Bench } from './n8n';

const longestMs = 6 * 3600_000;
const unfinished = new Set(['new', 'running', 'waiting', 'unknown']);

/** How a workflow ended, and how long it took from its first node after 'Prompts' to the end of its last. */
export interface Outcome {
	timeMs: number;
	/** How many images came out. */
	images: number;
	/** Why it did not succeed; null if it did. */
	failure: string | null;
}

/**
 * Starts a workflow manually, with every run of the simulator taking `runTimeMs`, and waits until it has
 * ended. Asks n8n for the status only after that time, so that asking costs little.
 */
export async function execute(
	{ n8n, simulator, credentialId }: Bench,
	workflow: ExportedWorkflow,
	runTimeMs: number,
): Promise<Outcome> {
	simulator.runs.length = 0;
	simulator.behave();
	simulator.settings.runTime = runTimeMs;
	const id = await n8n.client.createWorkflow(workflow, credentialId);
	const executionId = await n8n.client.execute(id, 'Start');
	await sleep(runTimeMs);
	const execution = await ended(n8n.client, executionId);
	const failure =
		execution.status === 'success'
			? null
			: (execution.data.resultData.error?.message ?? execution.status);
	return { timeMs: wallTimeMs(execution), images: imagesOf(execution), failure };
}

/** Waits for the end of an execution, asking twice a second. */
export async function ended(client: N8nClient, id: string): Promise<Execution> {
	const deadline = Date.now() + longestMs;
	for (;;) {
		const status = await client.statusOf(id);
		if (!unfinished.has(status)) return await client.execution(id);
		if (Date.now() > deadline) throw new Error(`execution ${id} is still ${status}`);
		await sleep(500);
	}
}

function wallTimeMs({ data }: Execution): number {
	const tasks = Object.entries(data.resultData.runData)
		.filter(([name]) => name !== 'Start' && name !== 'Prompts')
		.flatMap(([, list]) => list);
	const ends = tasks.map(({ startTime, executionTime }) => startTime + executionTime);
	return Math.max(...ends) - Math.min(...tasks.map(({ startTime }) => startTime));
}

function imagesOf({ data }: Execution): number {
	const last = data.resultData.lastNodeExecuted ?? '';
	const tasks = data.resultData.runData[last] ?? [];
	return tasks
		.flatMap((task) => task.data?.main?.[0] ?? [])
		.filter(({ binary }) => binary !== undefined).length;
}

/** Saves and activates a workflow that starts with a Webhook node; returns its id and the URL to post to. */
export async function publish(
	{ n8n, credentialId }: { n8n: Pick<Bench['n8n'], 'client' | 'url'>; credentialId: string },
	workflow: ExportedWorkflow,
	path: string,
): Promise<{ id: string; url: string }> {
	const id = await n8n.client.createWorkflow(workflow, credentialId);
	await n8n.client.activate(id);
	return { id, url: `${n8n.url}/webhook/${path}` };
}

/** Posts prompts to a published workflow. Throws where n8n does not accept them. */
export async function post(url: string, prompts: string[]): Promise<void> {
	const answer = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ prompts }),
	});
	if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
}

/** The executions of a workflow with their data, newest first. */
export async function executionsOf(client: N8nClient, workflowId: string): Promise<Execution[]> {
	const found: Execution[] = [];
	for (const { id } of await listExecutions(client, { workflowId }))
		found.push(await client.execution(id));
	return found;
}

/** How many requests the API got since the simulator was last told to behave, without those for files. */
export function callsOf({ requests }: Simulator): number {
	return Object.entries(requests)
		.filter(([route]) => route.includes(' /v1/'))
		.reduce((sum, [, count]) => sum + count, 0);
}

/** How many images were downloaded since the simulator was last told to behave. */
export function downloadsOf({ requests }: Simulator): number {
	return requests['GET /files/:id/:index/:name'] ?? 0;
}
