import autocannon from 'autocannon';

import { sign } from '../runflow/signature';
import type { ExportedWorkflow } from '../scripts/n8n/client';
import { callbackBody } from '../test/fixtures/callbacks';
import { chain, onN8n, type Bench } from './n8n';

const secret = 'whsec_bench';

const suspended = (count: number): ExportedWorkflow =>
	chain(`suspended ${count}`, count, [
		{
			name: 'GPT Image 2',
			type: 'n8n-nodes-runflow.gptImage2',
			typeVersion: 1,
			parameters: {
				prompt: '={{ $json.prompt + "." }}',
				completion: 'suspend',
				options: { concurrency: 20, clientRef: '' },
			},
		},
	]);

const pause = async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms));

/** Runs of 0 to 2 s in steps of 20 ms, each in its own execution: how many finish, and how late. */
async function sweep({ n8n, simulator, credentialId }: Bench) {
	const delaysMs: number[] = [];
	const workflows = await Promise.all(
		Array.from({ length: 100 }, async (_, step) => {
			const workflow = JSON.parse(
				JSON.stringify(suspended(1)).replaceAll("'picture '", `'sweep ${step} picture '`),
			) as ExportedWorkflow;
			simulator.misbehave({ do: 'time-run', milliseconds: step * 20, match: `sweep ${step} ` });
			return await n8n.client.createWorkflow(workflow, credentialId);
		}),
	);
	for (let from = 0; from < workflows.length; from += 4) {
		await Promise.all(
			workflows.slice(from, from + 4).map(async (id, offset) => {
				const execution = await n8n.client.finished(await n8n.client.execute(id, 'Start'), 60_000);
				const run = simulator.runs.find(({ request }) =>
					request.input.prompt.startsWith(`sweep ${from + offset} `),
				);
				const items = execution.data.resultData.runData['GPT Image 2']?.[0]?.data?.main?.[0] ?? [];
				if (execution.status !== 'success' || !items[0]?.binary) return;
				delaysMs.push(Date.parse(execution.stoppedAt ?? '') - (run?.endsAt ?? 0));
			}),
		);
	}
	delaysMs.sort((one, other) => one - other);
	return {
		finished: `${delaysMs.length} of 100`,
		'slowest after its run (ms)': delaysMs.at(-1),
		'median after its run (ms)': delaysMs[50],
	};
}

/** 200 runs that end after 5 to 15 s, in one suspended node. */
async function manyRuns({ n8n, simulator, credentialId }: Bench) {
	simulator.behave();
	for (let number = 0; number < 200; number++) {
		const milliseconds = 5000 + ((number * 7919) % 10_000);
		simulator.misbehave({ do: 'time-run', milliseconds, match: `picture ${number}.` });
	}
	const before = simulator.deliveries.length;
	const id = await n8n.client.createWorkflow(suspended(200), credentialId);
	const execution = await n8n.client.finished(await n8n.client.execute(id, 'Start'), 120_000);
	const tasks = execution.data.resultData.runData['GPT Image 2'] ?? [];
	return {
		resumes: tasks.length,
		items: tasks[0]?.data?.main?.[0]?.length,
		'with image': tasks[0]?.data?.main?.[0]?.filter(({ binary }) => binary?.data).length,
		callbacks: simulator.deliveries.length - before,
		'reads of runs': simulator.requests['GET /v1/runs/:id'],
	};
}

/** Counts the running and the waiting executions while 100 runs are pending. */
async function pending({ n8n, simulator, credentialId }: Bench) {
	simulator.behave();
	simulator.settings.runTime = 12_000;
	const id = await n8n.client.createWorkflow(suspended(100), credentialId);
	const executionId = await n8n.client.execute(id, 'Start');
	await pause(7000);
	const count = async (status: string) => {
		const filter = encodeURIComponent(JSON.stringify({ status: [status] }));
		const { results } = await n8n.client.send<{ results: unknown[] }>(
			'GET',
			`/rest/executions?filter=${filter}`,
		);
		return results.length;
	};
	const row = { running: await count('running'), waiting: await count('waiting') };
	await n8n.client.finished(executionId);
	return row;
}

/** Callbacks accepted per second by the trigger and by the built-in Webhook node, measured in turn. */
async function throughput({ n8n, simulator }: Bench) {
	const credentialId = await n8n.client.createCredential({
		apiKey: 'rf_live_bench',
		baseUrl: simulator.url,
		organizationId: '',
		signingSecrets: secret,
	});
	const publish = async (node: object, path: string) => {
		const id = await n8n.client.createWorkflow(
			{
				name: path,
				nodes: [
					{
						id: 't',
						name: 'T',
						position: [0, 0],
						parameters: {},
						type: '',
						typeVersion: 1,
						...node,
					},
				],
				connections: {},
			},
			credentialId,
		);
		await n8n.client.activate(id);
		return `${n8n.url}/webhook/${path}`;
	};
	const urls = {
		trigger: await publish(
			{
				type: 'n8n-nodes-runflow.gptImage2Trigger',
				webhookId: 'bench-trigger',
				parameters: { events: ['run.completed'], authentication: 'signature' },
			},
			'bench-trigger/runflow',
		),
		trigger11: await publish(
			{
				type: 'n8n-nodes-runflow.gptImage2Trigger',
				typeVersion: 1.1,
				webhookId: 'bench-trigger-1.1',
				parameters: { events: ['run.completed'], authentication: 'signature' },
			},
			'bench-trigger-1.1/runflow',
		),
		webhook: await publish(
			{
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				webhookId: 'bench-webhook',
				parameters: { path: 'bench-webhook', httpMethod: 'POST', responseMode: 'onReceived' },
			},
			'bench-webhook',
		),
		// From version 2 on, n8n's own Webhook node skips setting up the expression engine for each call;
		// version 1 and every other trigger pay for it.
		webhook1: await publish(
			{
				type: 'n8n-nodes-base.webhook',
				typeVersion: 1,
				webhookId: 'bench-webhook-1',
				parameters: { path: 'bench-webhook-1', httpMethod: 'POST', responseMode: 'onReceived' },
			},
			'bench-webhook-1',
		),
	};
	let number = 0;
	const accepted = { trigger: 0, trigger11: 0, webhook: 0, webhook1: 0 };
	for (const round of ['warm-up', 1, 2, 3, 4]) {
		for (const name of ['trigger', 'trigger11', 'webhook', 'webhook1'] as const) {
			const result = await autocannon({
				url: urls[name],
				connections: 10,
				duration: 6,
				method: 'POST',
				requests: [
					{
						setupRequest: (request) => {
							const body = callbackBody({ run_id: `bench-${(number += 1)}` });
							const headers = {
								'content-type': 'application/json',
								'runflow-signature': sign(secret, Buffer.from(body)),
							};
							return { ...request, body, headers };
						},
					},
				],
			});
			if (round !== 'warm-up') accepted[name] += result['2xx'] / result.duration / 4;
			await pause(4000);
		}
	}
	return {
		'lazy setting': process.env.N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE ?? 'off',
		'trigger, version 1 (per second)': Math.round(accepted.trigger),
		'trigger, version 1.1 (per second)': Math.round(accepted.trigger11),
		'Webhook node (per second)': Math.round(accepted.webhook),
		'Webhook node, version 1 (per second)': Math.round(accepted.webhook1),
		'version 1, ratio to Webhook': Number((accepted.trigger / accepted.webhook).toFixed(2)),
		'version 1.1, ratio to Webhook': Number((accepted.trigger11 / accepted.webhook).toFixed(2)),
		'version 1.1, ratio to Webhook 1': Number((accepted.trigger11 / accepted.webhook1).toFixed(2)),
	};
}

const only = process.argv[2];

void onN8n(async (bench) => {
	if (only === 'throughput') return console.log(await throughput(bench));
	console.log('Run times from 0 to 2 s', await sweep(bench));
	console.log('200 runs in one node', await manyRuns(bench));
	console.log('While 100 runs are pending', await pending(bench));
	console.log('Callbacks accepted', await throughput(bench));
});
