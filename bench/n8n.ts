import { readFileSync } from 'node:fs';

import type { INode } from 'n8n-workflow';

import type { ExportedWorkflow } from '../scripts/n8n/client';
import { packPackage } from '../scripts/n8n/package';
import { startN8n, type RunningN8n } from '../scripts/n8n/process';
import { startSimulator, type Simulator } from '../simulator/simulator';

/** What every benchmark runs on: one n8n with the package, one simulator, one credential. */
export interface Bench {
	n8n: RunningN8n;
	simulator: Simulator;
	credentialId: string;
}

/** Starts n8n and the simulator, passes them to `measure`, and stops them afterwards. */
export async function onN8n(measure: (bench: Bench) => Promise<void>): Promise<void> {
	const simulator = await startSimulator();
	const n8n = await startN8n({ tarball: packPackage() });
	try {
		const credentialId = await n8n.client.createCredential({
			apiKey: 'rf_live_bench',
			baseUrl: simulator.url,
			organizationId: '',
			signingSecrets: '',
		});
		await measure({ n8n, simulator, credentialId });
	} finally {
		await n8n.stop();
		await simulator.close();
	}
}

/** A workflow that executes its nodes one after the other, beginning with 'Start' and `count` prompts. */
export function chain(
	name: string,
	count: number,
	nodes: Array<Pick<INode, 'name' | 'type' | 'typeVersion' | 'parameters'>>,
): ExportedWorkflow {
	const jsCode = `return Array.from({ length: ${count} }, (_, number) => ({ json: { prompt: 'picture ' + number } }));`;
	const all = [
		{ name: 'Start', type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, parameters: {} },
		{ name: 'Prompts', type: 'n8n-nodes-base.code', typeVersion: 2, parameters: { jsCode } },
		...nodes,
	];
	return {
		name,
		nodes: all.map((node, index) => ({ ...node, id: `node-${index}`, position: [index * 220, 0] })),
		connections: Object.fromEntries(
			all
				.slice(0, -1)
				.map(({ name: from }, index) => [
					from,
					{ main: [[{ node: all[index + 1]?.name ?? '', type: 'main' as const, index: 0 }]] },
				]),
		),
	};
}

/** Does `work` and returns its value, with the peak growth of the process's resident memory in MB. */
export async function peakGrowth<T>(
	pid: number | undefined,
	work: () => Promise<T>,
): Promise<{ value: T; megabytes: number }> {
	const before = residentMegabytes(pid);
	let peak = before;
	const sampler = setInterval(() => (peak = Math.max(peak, residentMegabytes(pid))), 20);
	try {
		const value = await work();
		return { value, megabytes: peak - before };
	} finally {
		clearInterval(sampler);
	}
}

function residentMegabytes(pid: number | undefined): number {
	const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
	return Number(kilobytes) / 1024;
}
