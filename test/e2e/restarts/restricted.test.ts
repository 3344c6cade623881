import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { listExecutions } from '../../../scripts/n8n/executions';
import { freePort, startN8n, type RunningN8n } from '../../../scripts/n8n/process';
import { startSimulator, type Simulator } from '../../../simulator/simulator';
import { credentialFor, expectSuccess, goldenWorkflow, itemsOf, until } from '../support';
import { describeWith } from '../versions';

jest.setTimeout(240_000);

let simulator: Simulator;
let n8n: RunningN8n;

beforeAll(async () => {
	simulator = await startSimulator({ runTime: 4_000 });
});

afterEach(async () => {
	await n8n.stop();
	simulator.runs.length = 0;
});

afterAll(async () => await simulator.close());

interface Suspended {
	id: string;
	workflowId: string;
	/** What is shown above the output while it is suspended. */
	hints: string;
}

/** Starts an n8n with these settings, and in it an execution of one prompt that is suspended. */
async function suspend(env: Record<string, string>, apiUrl = simulator.url): Promise<Suspended> {
	const port = await freePort();
	const WEBHOOK_URL = `http://localhost:${port}/`;
	n8n = await startN8n({ tarball: process.env.E2E_TARBALL, port, env: { WEBHOOK_URL, ...env } });
	const credentialId = await credentialFor(n8n.client, { url: apiUrl });
	const golden = goldenWorkflow('twenty-items', { parameters: { completion: 'suspend' } });
	const nodes = golden.nodes.map((node) =>
		node.name === 'Prompts'
			? { ...node, parameters: { jsCode: `return [{ json: { prompt: 'a brass sign' } }];` } }
			: node,
	);
	const workflowId = await n8n.client.createWorkflow({ ...golden, nodes }, credentialId);
	const id = await n8n.client.execute(workflowId, 'Start');
	await until(async () => (await n8n.client.statusOf(id)) === 'waiting');
	const { data } = await n8n.client.execution(id);
	const tasks = data.resultData.runData['GPT Image 2'] ?? [];
	const hints = tasks.flatMap(({ hints: shown = [] }) => shown.map(({ message }) => message));
	return { id, workflowId, hints: hints.join(' ') };
}

async function expectImage(id: string): Promise<void> {
	const execution = await n8n.client.finished(id, 90_000);
	expectSuccess(execution);
	const [item] = itemsOf(execution);
	expect([item?.json.status, item?.json.timed_out]).toEqual(['succeeded', false]);
	expect(item?.binary?.data).toBeDefined();
	expect(simulator.runs).toHaveLength(1);
}

describe('an n8n whose administrator excludes what the alarm is made of', () => {
	it('suspends all the same, says what is missing, and wakes by the callback', async () => {
		const { hints, id } = await suspend({
			NODES_EXCLUDE: '["n8n-nodes-base.executeWorkflowTrigger"]',
		});
		expect(hints).toContain('n8n refused the sub-execution');
		await expectImage(id);
	});

	it('leaves one sub-execution that never starts, not one for each suspension', async () => {
		const { id, workflowId } = await suspend({
			NODES_EXCLUDE: '["n8n-nodes-base.executeWorkflowTrigger"]',
		});
		await expectImage(id);
		const next = await n8n.client.execute(workflowId, 'Start');
		expectSuccess(await n8n.client.finished(next, 90_000));
		const running = await listExecutions(n8n.client, { statuses: ['running'] });
		expect(running.length).toBeLessThanOrEqual(1);
	});
});

describeWith('protection against requests to addresses of its own')(
	'an n8n that may not call itself',
	() => {
		it('suspends all the same, and only a callback wakes it', async () => {
			simulator.misbehave({ do: 'omit-callback' });
			const { id } = await suspend({
				N8N_SSRF_PROTECTION_ENABLED: 'true',
				N8N_SSRF_BLOCKED_IP_RANGES: '192.0.2.0/24',
				N8N_SSRF_BLOCKED_HOSTNAMES: 'localhost',
			});
			const [run] = simulator.runs;
			await sleep(15_000);
			expect(await n8n.client.statusOf(id)).toBe('waiting');
			await fetch(run?.request.callback_url ?? '', { method: 'POST', body: '{}' });
			await expectImage(id);
		});
	},
);

describe('an n8n that Runflow cannot reach', () => {
	let proxy: Server;

	const publicUrl = 'http://api.runflow.example.com';

	/** Lets n8n reach the simulator and its files by a public name, as the API has one. */
	beforeAll(async () => {
		const { port } = new URL(simulator.url);
		proxy = createServer((incoming, outgoing) => {
			const { pathname, search } = new URL(incoming.url ?? '');
			const { headers, method } = incoming;
			const onwards = request({ port, path: pathname + search, method, headers }, (answer) => {
				const chunks: Buffer[] = [];
				answer.on('data', (chunk: Buffer) => chunks.push(chunk));
				answer.on('end', () => {
					const body = Buffer.concat(chunks).toString('latin1');
					const renamed = Buffer.from(body.replaceAll(simulator.url, publicUrl), 'latin1');
					const length = { 'content-length': renamed.length };
					outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...length });
					outgoing.end(renamed);
				});
			});
			incoming.pipe(onwards);
		});
		await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
	});

	afterAll(() => proxy.close());

	it('suspends without a callback URL, says so, and wakes by itself', async () => {
		const { port } = proxy.address() as AddressInfo;
		const { hints, id } = await suspend(
			{ HTTP_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '127.0.0.1,localhost' },
			publicUrl,
		);
		expect(hints).toContain('N8N_WEBHOOK_URL');
		expect(simulator.runs[0]?.request.callback_url).toBeUndefined();
		await expectImage(id);
	});
});
