import { setTimeout as sleep } from 'node:timers/promises';

import autocannon from 'autocannon';

import { sign } from '../runflow/signature';
import { callbackBody } from '../test/fixtures/callbacks';
import { publish } from './executions';
import { createCredential, onN8n, type Bench } from './n8n';
import { median, type Figures, type Options, type Size } from './report';
import { webhook, workflowOf, type BenchNode } from './workflows';

const secret = 'whsec_bench';
const lazy = 'N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE';

const measured: Readonly<Record<Size, { rounds: number; seconds: number }>> = {
	tiny: { rounds: 1, seconds: 1 },
	short: { rounds: 3, seconds: 5 },
	full: { rounds: 7, seconds: 8 },
};

const webhookNode = 'Webhook, version 2';
const triggerNode = 'GPT Image 2 Trigger';

/** Callbacks that n8n accepts in a second: the trigger and n8n's own Webhook node in turn. */
export async function callbacks({ size }: Options): Promise<Figures[]> {
	const figures: Figures[] = [];
	for (const isLazy of [false, true]) {
		const env: Record<string, string> = isLazy ? { [lazy]: 'true' } : {};
		const perSecond = await onN8n(async (bench) => await measure(bench, size), { env });
		const ratio = ratioOf(perSecond, triggerNode);
		figures.push({
			title: `Callbacks a second, ${isLazy ? `with \`${lazy}=true\`` : "with n8n's defaults"}`,
			rows: Object.entries(perSecond).map(([name, values]) => ({
				Node: name,
				'Callbacks a second': median(values).toFixed(1),
				'× Webhook': ratioOf(perSecond, name).toFixed(2),
			})),
			meaning: `The trigger accepts ${ratio.toFixed(2)} times as many callbacks a second as n8n's own Webhook node, and each of them has its signature verified.`,
		});
	}
	return figures;
}

function ratioOf(perSecond: Record<string, number[]>, name: string): number {
	return median(perSecond[name] ?? []) / median(perSecond[webhookNode] ?? []);
}

async function measure({ n8n, simulator }: Bench, size: Size): Promise<Record<string, number[]>> {
	const credentialId = await createCredential(n8n, simulator, secret);
	const urls: Record<string, string> = {};
	const add = async (name: string, path: string, node: BenchNode) => {
		urls[name] = (await publish({ n8n, credentialId }, workflowOf(name, [node]), path)).url;
	};
	await add(webhookNode, 'bench-webhook', webhook('bench-webhook'));
	const webhookId = 'bench-trigger';
	await add(triggerNode, `${webhookId}/runflow`, trigger(webhookId));
	const perSecond: Record<string, number[]> = {};
	const { rounds, seconds } = measured[size];
	for (let round = 0; round <= rounds; round++) {
		for (const [name, url] of Object.entries(urls)) {
			const accepted = await acceptedPerSecond(url, seconds);
			// The first round warms n8n up.
			if (round > 0) perSecond[name] = [...(perSecond[name] ?? []), accepted];
			await sleep(2000);
		}
	}
	return perSecond;
}

function trigger(webhookId: string): BenchNode {
	return {
		name: triggerNode,
		type: 'n8n-nodes-runflow.gptImage2Trigger',
		typeVersion: 1.1,
		webhookId,
		parameters: { events: ['run.completed'], authentication: 'signature' },
	};
}

let number = 0;

async function acceptedPerSecond(url: string, seconds: number): Promise<number> {
	const setupRequest = (request: autocannon.Request) => {
		const body = callbackBody({ run_id: `bench-${(number += 1)}` });
		const headers = {
			'content-type': 'application/json',
			'runflow-signature': sign(secret, Buffer.from(body)),
		};
		return { ...request, body, headers };
	};
	const result = await autocannon({
		url,
		connections: 10,
		duration: seconds,
		method: 'POST',
		requests: [{ setupRequest }],
	});
	if (result.non2xx > 0) console.error(`${url} refused ${result.non2xx} callbacks`);
	return result['2xx'] / result.duration;
}
