import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ExportedWorkflow } from '../scripts/n8n/client';
import { onN8n, type Bench } from './n8n';
import { whole, type Figures, type Options, type Size } from './report';
import { until } from './usage';
import { gptImage2, prompts, workflowOf, type BenchNode } from './workflows';

const executions: Readonly<Record<Size, number>> = { tiny: 3, short: 20, full: 100 };
const manyRows = 20_000;
const warmUps = 3;

/** How long n8n may take to save them and to release them. */
const settleMs = 10_000;

const code = (name: string, jsCode: string) => ({
	name,
	type: 'n8n-nodes-base.code',
	typeVersion: 2,
	parameters: { jsCode },
});

const waitNode: BenchNode = {
	name: 'Wait',
	type: 'n8n-nodes-base.wait',
	typeVersion: 1.1,
	parameters: { resume: 'webhook', options: {} },
	webhookId: 'asleep',
};

const contestants: Readonly<Record<string, BenchNode>> = {
	'GPT Image 2': gptImage2({ completion: 'suspend', timeout: 3000 }),
	"n8n's Wait node": waitNode,
};

/** How much of n8n's heap an execution keeps while it is suspended after nodes that output many rows. */
export async function heap({ size }: Options): Promise<Figures[]> {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-heap-'));
	const file = join(folder, 'used');
	const env = {
		NODE_OPTIONS: `--expose-gc --require ${join(__dirname, 'heap.cjs')}`,
		BENCH_HEAP_FILE: file,
	};
	const rows: Array<Record<string, string>> = [];
	for (const [name, node] of Object.entries(contestants)) {
		for (const rowsBefore of [manyRows, 1]) {
			const measure = async (bench: Bench) =>
				await heapOfEach(bench, file, workflowFor(node, rowsBefore), executions[size]);
			rows.push({
				'What sleeps': name,
				'Suspended executions': whole(executions[size]),
				'Rows of text before it': whole(rowsBefore),
				'Heap that each keeps': `${((await onN8n(measure, { env })) / 1024 ** 2).toFixed(2)} MB`,
			});
		}
	}
	rmSync(folder, { recursive: true });
	const meaning =
		"n8n's heap after a garbage collection, before and after. n8n keeps the data of every execution that waits, whoever suspended it, until it is resumed or n8n is restarted.";
	return [{ title: 'What a sleeping execution keeps in memory', rows, meaning }];
}

function workflowFor(node: BenchNode, rows: number): ExportedWorkflow {
	return workflowOf('asleep', [
		...prompts(0).slice(0, 1),
		code(
			'Rows',
			`return Array.from({ length: ${rows} }, (_, row) => ({ json: { text: 'a row of text '.repeat(10) + row } }));`,
		),
		code('One', "return [{ json: { prompt: 'a picture' } }];"),
		node,
	]);
}

/** Returns what each of this many suspended executions of a workflow adds to n8n's heap, in bytes. */
async function heapOfEach(
	{ credentialId, n8n: { client, process }, simulator }: Bench,
	file: string,
	workflow: ExportedWorkflow,
	count: number,
): Promise<number> {
	simulator.settings.runTime = 3_000_000;
	const used = async () => {
		writeFileSync(file, '');
		process.kill('SIGUSR2');
		await until(() => readFileSync(file, 'utf8') !== '');
		return Number(readFileSync(file, 'utf8'));
	};
	const id = await client.createWorkflow(workflow, credentialId);
	const suspend = async (number: number) => {
		for (let started = 0; started < number; started++) {
			const execution = await client.execute(id, 'Start');
			while ((await client.statusOf(execution)) !== 'waiting') await sleep(200);
		}
		await sleep(settleMs);
	};
	await suspend(warmUps);
	const before = await used();
	await suspend(count);
	return ((await used()) - before) / count;
}
