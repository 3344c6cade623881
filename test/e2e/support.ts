import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { IDataObject, INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { N8nClient, type Execution, type ExportedWorkflow } from '../../scripts/n8n/client';
import { startSimulator, type Simulator } from '../../simulator/simulator';

/** A client of the n8n that all e2e tests share, in the session of its set-up. */
export async function connect(): Promise<N8nClient> {
	return new N8nClient(process.env.E2E_N8N_URL ?? '', process.env.E2E_N8N_SESSION);
}

/** What the tests of a file share. */
export interface Stage {
	client: N8nClient;
	simulator: Simulator;
	/** Of the credential that points to the simulator. */
	credentialId: string;
}

/**
 * Has all tests of a file share a simulated Runflow, which `ready` gets before the first of them. Each test
 * finds it as new: with these settings, behaving well, and without runs, files and deliveries. The
 * credential has these signing secrets.
 */
export function useSimulator(
	ready: (stage: Stage) => void,
	settings: Parameters<typeof startSimulator>[0] = {},
	signingSecrets = '',
): void {
	let simulator: Simulator;
	let initial: Simulator['settings'];

	beforeAll(async () => {
		const client = await connect();
		simulator = await startSimulator(settings);
		initial = structuredClone(simulator.settings);
		ready({
			client,
			simulator,
			credentialId: await credentialFor(client, simulator, signingSecrets),
		});
	});

	beforeEach(() => {
		simulator.behave();
		Object.assign(simulator.settings, structuredClone(initial));
		for (const list of [simulator.runs, simulator.assets, simulator.deliveries]) list.length = 0;
	});

	afterAll(async () => await simulator.close());
}

/** What a test changes in a golden workflow's node. */
export interface NodeChange {
	parameters?: INodeParameters;
	retryOnFail?: boolean;
	onError?: 'continueErrorOutput' | 'continueRegularOutput' | 'stopWorkflow';
}

/** Reads a golden workflow, as exported from n8n, and changes its GPT Image 2 node as the test needs it. */
export function goldenWorkflow(name: string, change: NodeChange = {}): ExportedWorkflow {
	const path = join(__dirname, 'workflows', `${name}.json`);
	const workflow = JSON.parse(readFileSync(path, 'utf8')) as ExportedWorkflow;
	const nodes = workflow.nodes.map((node) =>
		node.name === 'GPT Image 2'
			? { ...node, ...change, parameters: { ...node.parameters, ...change.parameters } }
			: node,
	);
	return { ...workflow, nodes };
}

/** The items of one of a node's outputs, from its last try. */
export function itemsOf(
	execution: Execution,
	node = 'GPT Image 2',
	output = 0,
): INodeExecutionData[] {
	return execution.data.resultData.runData[node]?.at(-1)?.data?.main?.[output] ?? [];
}

/** Downloads the bytes of an item's binary field from n8n, as the editor does. */
export async function downloadBinary(
	client: N8nClient,
	item: INodeExecutionData | undefined,
	field = 'data',
): Promise<Buffer> {
	const id = item?.binary?.[field]?.id;
	if (!id) throw new Error(`no stored binary under '${field}'`);
	return await client.download(`/rest/binary-data?action=download&id=${encodeURIComponent(id)}`);
}

/** Expects that an execution succeeded, and says why if it didn't. */
export function expectSuccess({ status, data }: Execution): void {
	const { error } = data.resultData;
	expect([status, error?.message, error?.description]).toEqual(['success', undefined, undefined]);
}

/** Waits until a condition holds, at most 30 seconds. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
	const deadline = Date.now() + 30_000;
	while (!(await holds())) {
		if (Date.now() > deadline) throw new Error('waited too long');
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Saves a credential that points to a simulated Runflow, and returns its id. */
export async function credentialFor(
	client: N8nClient,
	{ url }: { url: string },
	signingSecrets = '',
): Promise<string> {
	return await client.createCredential({
		apiKey: 'rf_live_e2e_secret',
		baseUrl: url,
		organizationId: '',
		signingSecrets,
	});
}

/** A workflow of one picture for each of these items, whose progress n8n saves: else a crashed one has nothing to retry. */
export function drawing(
	items: IDataObject[],
	parameters: INodeParameters = {},
	onError: NodeChange['onError'] = 'stopWorkflow',
): ExportedWorkflow {
	const golden = goldenWorkflow('twenty-items', { parameters, onError });
	const jsCode = `return ${JSON.stringify(items)}.map((json) => ({ json }));`;
	const nodes = golden.nodes.map((node) =>
		node.name === 'Prompts' ? { ...node, parameters: { jsCode } } : node,
	);
	return { ...golden, nodes, settings: { saveExecutionProgress: true } };
}

/** Starts a saved workflow as the editor does when its trigger, a chat or a form, has got that; returns the finished execution. */
export async function executeWith(
	client: N8nClient,
	workflowId: string,
	trigger: string,
	json: IDataObject,
): Promise<Execution> {
	const workflowData = await client.send('GET', `/rest/workflows/${workflowId}`);
	const data = {
		startTime: Date.now(),
		executionTime: 0,
		executionIndex: 0,
		executionStatus: 'success',
		source: [],
		data: { main: [[{ json }]] },
	};
	const { executionId } = await client.send<{ executionId: string }>(
		'POST',
		`/rest/workflows/${workflowId}/run`,
		{ workflowData, triggerToStartFrom: { name: trigger, data } },
	);
	return await client.finished(executionId);
}
