import type { IDataObject } from 'n8n-workflow';

import type { Execution, ExportedWorkflow } from '../../../scripts/n8n/client';
import { startN8n, type RunningN8n } from '../../../scripts/n8n/process';
import type { Settings } from '../../../simulator/options';
import { startSimulator, type Simulator } from '../../../simulator/simulator';
import { credentialFor, itemsOf, until } from '../support';

/** A workflow that is to die with its n8n while its runs are pending. */
export interface Dying {
	workflow: ExportedWorkflow;
	/** How many runs it starts before it dies. */
	runs: number;
	/** How its Runflow answers, before and after. */
	settings?: Partial<Settings>;
	prepare?: (simulator: Simulator) => void;
}

/** An execution that crashed, and what it worked with. */
export interface Crashed {
	executionId: string;
	workflowId: string;
	credentialId: string;
	simulator: Simulator;
}

/**
 * Starts these workflows, each with its own Runflow, kills their n8n once all runs exist, ends the runs,
 * and starts it again. All cases share one crash, because starting an n8n takes long.
 */
export async function crashTogether<K extends string>(
	dying: Record<K, Dying>,
): Promise<{ n8n: RunningN8n; crashed: Map<K, Crashed> }> {
	const first = await startN8n({ tarball: process.env.E2E_TARBALL });
	const crashed = new Map<K, Crashed>();
	for (const name in dying) {
		const { prepare, settings, workflow } = dying[name];
		const simulator = await startSimulator({ runTime: 120_000, samePicture: true, ...settings });
		prepare?.(simulator);
		const credentialId = await credentialFor(first.client, simulator);
		const workflowId = await first.client.createWorkflow(workflow, credentialId);
		const executionId = await first.client.execute(workflowId, 'Start');
		crashed.set(name, { executionId, workflowId, credentialId, simulator });
		await until(() => simulator.runs.length === dying[name].runs);
	}
	await first.stop({ signal: 'SIGKILL', keep: true });
	for (const { simulator } of crashed.values()) {
		simulator.settings.runTime = 100;
		for (const run of simulator.runs) run.endsAt = Math.min(run.endsAt, Date.now());
	}
	const port = Number(new URL(first.url).port);
	return { n8n: await startN8n({ userFolder: first.userFolder, port }), crashed };
}

/** The runs that were paid for with these items, by what was sent. */
export function paidFor({ simulator }: Crashed, items: IDataObject[]): Array<string | undefined> {
	return items.map(({ prompt, url }) => {
		const isFor = (image?: string) => url === image || String(url).startsWith('data:');
		return simulator.runs.find(
			({ request: { input } }) => input.prompt === prompt && isFor(input.image_urls?.[0]),
		)?.id;
	});
}

/** The runs that a node output, each once, in the order of its items. */
export function runIds(execution: Execution, node?: string): unknown[] {
	return [...new Set(itemsOf(execution, node).map(({ json }) => json.run_id))];
}
