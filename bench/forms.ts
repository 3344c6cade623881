import { setTimeout as sleep } from 'node:timers/promises';

import type { ExportedWorkflow, N8nClient } from '../scripts/n8n/client';
import { startQueue } from '../scripts/n8n/queue';
import { doEach } from '../runflow/slots';
import { startSimulator, type Simulator } from '../simulator/simulator';
import { callsOf, downloadsOf, post, publish } from './executions';
import { createCredential, apiKey, onN8n, tarball } from './n8n';
import { duration, type Figures, type Options, type Size } from './report';
import { cpuMs, until } from './usage';
import { byHand, gptImage2, noOp, openAi, posted, prompts, workflowOf } from './workflows';

/** An n8n of one process or of several. */
interface Server {
	n8n: { url: string; client: N8nClient };
	pids: Array<number | undefined>;
	simulator: Simulator;
	credentialId: string;
}

const executionsAtOnce: Readonly<Record<Size, number[]>> = {
	tiny: [3],
	short: [50, 200],
	full: [50, 200],
};

const runTimeMs = 15_000;

/** More calls than these at a time n8n itself answers with 500 now and then. */
const senders = 20;

/** The workflows that are compared, each of which a form might start. */
const rivals: Readonly<
	Record<string, (path: string, server: Server, openAiId: string) => ExportedWorkflow>
> = {
	'GPT Image 2, polled': (path) => workflowOf(path, [...posted(path), gptImage2()]),
	'GPT Image 2, suspended': (path) =>
		workflowOf(path, [...posted(path), gptImage2({ completion: 'suspend' })]),
	'OpenAI node': (path, _server, openAiId) => workflowOf(path, [...posted(path), openAi(openAiId)]),
	'By hand': (path, { simulator }) => byHand(path, simulator.url, posted(path)),
};

/** Many executions of one image each that start at the same time, as a public form starts them. */
export async function forms({ size }: Options): Promise<Figures[]> {
	const counts = executionsAtOnce[size];
	const onSqlite = await onN8n(
		async ({ n8n, ...bench }) =>
			await measureAll('One process, SQLite', { n8n, pids: [n8n.process.pid], ...bench }, counts),
	);
	const simulator = await startSimulator({ samePicture: true });
	const queue = await startQueue({ tarball: tarball() });
	try {
		const credentialId = await createCredential(queue, simulator);
		const pids = [...queue.mains, ...queue.webhooks, ...queue.workers].map(({ pid }) => pid);
		const server = { n8n: queue, pids, simulator, credentialId };
		return [onSqlite, await measureAll('Queue mode, 2 workers, PostgreSQL', server, counts)];
	} finally {
		await queue.stop();
		await simulator.close();
	}
}

async function measureAll(title: string, server: Server, counts: number[]): Promise<Figures> {
	const { client } = server.n8n;
	const { id } = await client.send<{ id: string }>('POST', '/rest/credentials', {
		name: 'OpenAI',
		type: 'openAiApi',
		data: { apiKey, url: `${server.simulator.url}/v1` },
	});
	const counting = workflowOf('counting', [...prompts(1), noOp]);
	const countingId = await client.createWorkflow(counting, server.credentialId);
	const rows: Array<Record<string, string>> = [];
	for (const count of counts) {
		for (const [name, workflow] of Object.entries(rivals)) {
			const path = `${name.replace(/\W+/g, '-')}-${count}`;
			const { id: workflowId, url } = await publish(server, workflow(path, server, id), path);
			const form = { countingId, url, workflowId };
			await measure(server, { ...form, count: 1 });
			const found = await measure(server, { ...form, count });
			rows.push({ 'Executions at once': String(count), Workflow: name, ...found });
			console.log(rows.at(-1));
		}
	}
	const meaning = `Each run takes ${duration(runTimeMs)}. CPU is that of all processes of n8n, from the first call until the last image and ten seconds more.`;
	return { title: `${title}: one image for each of many executions`, rows, meaning };
}

interface Form {
	url: string;
	workflowId: string;
	/** A workflow of which an execution shows n8n's count. */
	countingId: string;
	/** How many people send the form at the same time. */
	count: number;
}

async function measure(
	{ n8n, pids, simulator }: Server,
	{ count, countingId, url, workflowId }: Form,
): Promise<Record<string, string>> {
	simulator.runs.length = 0;
	simulator.behave();
	simulator.settings.runTime = runTimeMs;
	const rowsBefore = await executionsSaved(n8n.client, countingId);
	const cpuBefore = sum(pids.map(cpuMs));
	await doEach(
		Array(count).keys(),
		senders,
		async (number) => await post(url, [`picture ${number}`]),
	);
	const images = () =>
		downloadsOf(simulator) + (simulator.requests['POST /v1/images/generations'] ?? 0);
	await until(() => images() >= count, 300_000).catch(() => undefined);
	// The OpenAI node's image is its answer, and comes after the time of a run.
	await sleep(url.includes('OpenAI') ? runTimeMs + 10_000 : 10_000);
	const used = sum(pids.map(cpuMs)) - cpuBefore;
	const rows = (await executionsSaved(n8n.client, countingId)) - rowsBefore - 1;
	const tookMs = await timesOf(n8n.client, workflowId, count);
	return {
		Succeeded: `${tookMs.length} of ${count}`,
		'API calls an image': (callsOf(simulator) / count).toFixed(1),
		'CPU an image': `${(used / count).toFixed(0)} ms`,
		'Executions saved for an image': (rows / count).toFixed(1),
		'Slowest image, beyond its run': duration(Math.max(...tookMs) - runTimeMs),
	};
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

interface Listed {
	id: string;
	status: string;
	startedAt: string;
	stoppedAt: string | null;
}

interface Page {
	results: Listed[];
	nextCursor?: string | null;
}

async function page(client: N8nClient, filter: object, cursor: string | null = null) {
	const query = new URLSearchParams({ filter: JSON.stringify(filter), limit: '100' });
	if (cursor !== null) query.set('cursor', cursor);
	return await client.send<Page>('GET', `/rest/executions?${query.toString()}`);
}

/**
 * How many executions n8n has saved: the number of one that is started now, because n8n numbers them all,
 * those of alarms and sub-workflows included, and deletes some.
 */
async function executionsSaved(client: N8nClient, countingId: string): Promise<number> {
	return Number(await client.execute(countingId, 'Start'));
}

/** How long the newest successful executions of a workflow took, in milliseconds. */
async function timesOf(client: N8nClient, workflowId: string, count: number): Promise<number[]> {
	const found: Listed[] = [];
	let cursor: string | null = null;
	do {
		const filter = { workflowId, status: ['success'] };
		const { nextCursor = null, results } = await page(client, filter, cursor);
		found.push(...results);
		cursor = nextCursor;
	} while (cursor !== null && found.length < count);
	return found
		.slice(0, count)
		.map(({ startedAt, stoppedAt }) => Date.parse(stoppedAt ?? '') - Date.parse(startedAt));
}
