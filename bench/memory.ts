import type { ExportedWorkflow } from '../scripts/n8n/client';
import type { Simulator } from '../simulator/simulator';
import { execute } from './executions';
import { onN8n } from './n8n';
import { duration, whole, type Figures, type Options, type Size } from './report';
import { peakGrowth } from './usage';
import { byHand, gptImage2, prompts, workflowOf } from './workflows';

const images: Readonly<Record<Size, number>> = { tiny: 5, short: 200, full: 200 };
const warmUpImages = 5;
const fileMegabytes = 20;
const heapMegabytes = 512;
const runTimeMs = 1000;

type WorkflowFor = (items: number, simulator: Simulator) => ExportedWorkflow;

const contestants: Readonly<Record<string, WorkflowFor>> = {
	'GPT Image 2': (items) => workflowOf('ours', [...prompts(items), gptImage2()]),
	'GPT Image 2, concurrency 1,000': (items) =>
		workflowOf('ours at once', [...prompts(items), gptImage2({ concurrency: 1000 })]),
	'By hand': (items, { url }) => byHand('by hand', url, prompts(items)),
};

/** What many large images do to an n8n with a small heap; each workflow on an n8n of its own. */
export async function memory({ size }: Options): Promise<Figures[]> {
	const rows: Array<Record<string, string>> = [];
	const growths: string[] = [];
	for (const [name, workflowFor] of Object.entries(contestants)) {
		const { growth, timeMs, survived, out } = await measure(workflowFor, images[size]);
		rows.push({
			Workflow: name,
			'Images out': `${whole(out)} of ${whole(images[size])}`,
			'Resident memory grew by': `${whole(growth)} MB`,
			Time: duration(timeMs),
			'n8n survived': survived ? 'yes' : 'no',
		});
		growths.push(`${whole(growth)} MB (${name})`);
	}
	const meaning = `${whole(images[size])} images of ${fileMegabytes} MB are ${whole(images[size] * fileMegabytes)} MB in all; n8n's resident memory peaked above what it was after a warm-up by ${growths.join(', ')}.`;
	const title = `${whole(images[size])} images of ${fileMegabytes} MB on an n8n with \`--max-old-space-size=${heapMegabytes}\` and binary data in files`;
	return [{ title, rows, meaning }];
}

async function measure(workflowFor: WorkflowFor, count: number) {
	const env = {
		NODE_OPTIONS: `--max-old-space-size=${heapMegabytes}`,
		N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
	};
	return await onN8n(
		async (bench) => {
			const { n8n, simulator } = bench;
			simulator.settings.fileSize = fileMegabytes * 1024 ** 2;
			await execute(bench, workflowFor(warmUpImages, simulator), runTimeMs);
			const { value, megabytes } = await peakGrowth(
				n8n.process.pid,
				async () =>
					await execute(bench, workflowFor(count, simulator), runTimeMs).catch(() => null),
			);
			if (value?.failure) console.error(value.failure);
			return {
				growth: megabytes,
				timeMs: value?.timeMs ?? NaN,
				out: value?.images ?? 0,
				survived: value !== null && n8n.process.exitCode === null,
			};
		},
		{ env },
	);
}
