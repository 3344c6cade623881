import type { Execution, ExportedWorkflow } from '../scripts/n8n/client';
import { chain, onN8n, peakGrowth, type Bench } from './n8n';

const count = 20;

const ours = chain('GPT Image 2', count, [
	{
		name: 'GPT Image 2',
		type: 'n8n-nodes-runflow.gptImage2',
		typeVersion: 1,
		parameters: { prompt: '={{ $json.prompt }}', options: { concurrency: count } },
	},
]);

/** What a user without this node builds: create, wait, read, download. */
const byHand = (url: string) => {
	const http = (name: string, parameters: object) => ({
		name,
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			sendHeaders: true,
			headerParameters: { parameters: [{ name: 'Authorization', value: 'Bearer rf_live_bench' }] },
			...parameters,
		},
	});
	return chain('HTTP Request', count, [
		http('Create', {
			method: 'POST',
			url: `${url}/v1/models/openai/gpt-image-2/runs`,
			sendBody: true,
			specifyBody: 'json',
			jsonBody: '={{ { input: { prompt: $json.prompt } } }}',
			options: {},
		}),
		{
			name: 'Wait',
			type: 'n8n-nodes-base.wait',
			typeVersion: 1.1,
			parameters: { amount: 4, unit: 'seconds' },
		},
		http('Read', { url: `=${url}/v1/runs/{{ $json.id }}`, options: {} }),
		{
			name: 'Download',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: {
				url: '={{ $json.output.outputs[0].url }}',
				options: { response: { response: { responseFormat: 'file' } } },
			},
		},
	]);
};

async function run({ n8n, credentialId }: Bench, workflow: ExportedWorkflow): Promise<Execution> {
	const id = await n8n.client.createWorkflow(workflow, credentialId);
	const execution = await n8n.client.executeToEnd(id);
	if (execution.status !== 'success')
		throw new Error(`${workflow.name}: ${execution.data.resultData.error?.message}`);
	return execution;
}

/** Milliseconds from the start of the first measured node to the end of the last. */
function wallTimeMs({ data }: Execution): number {
	const tasks = Object.entries(data.resultData.runData)
		.filter(([name]) => name !== 'Start' && name !== 'Prompts')
		.flatMap(([, list]) => list);
	const start = Math.min(...tasks.map(({ startTime }) => startTime));
	return (
		Math.max(...tasks.map(({ startTime, executionTime }) => startTime + executionTime)) - start
	);
}

const pause = async () => await new Promise((resolve) => setTimeout(resolve, 3000));

/** Measures one workflow on its own n8n, so that neither benefits from what the other left behind. */
async function measure(name: string, workflowFor: (url: string) => ExportedWorkflow) {
	let row = {};
	await onN8n(async (bench) => {
		const { n8n, simulator } = bench;
		const workflow = workflowFor(simulator.url);
		simulator.settings.runTime = 1000;
		await run(bench, workflow);

		simulator.settings.runTime = 3000;
		const timeMs = wallTimeMs(await run(bench, workflow));

		simulator.settings.fileSize = 20 * 1024 * 1024;
		const growth: number[] = [];
		for (let round = 0; round < 3; round++) {
			await pause();
			const { megabytes } = await peakGrowth(
				n8n.process.pid,
				async () => await run(bench, workflow),
			);
			growth.push(Math.round(megabytes));
		}
		row = {
			name,
			'20 runs of 3 s (ms)': timeMs,
			'20 × 20 MB, growth in each of 3 rounds (MB)': growth.join(', '),
		};
	});
	return row;
}

async function main(): Promise<void> {
	console.table([
		await measure('GPT Image 2', () => ours),
		await measure('HTTP Request by hand', byHand),
	]);
}

void main();
