import type { Simulator } from '../simulator/simulator';
import { onN8n, type Bench } from './n8n';
import { duration, whole, type Figures, type Options, type Size } from './report';
import { ended, measured, watch, type Watched } from './watched';
import { byHand, gptImage2, prompts, workflowOf } from './workflows';

/** Each run takes this long or up to a second longer. */
const shortestRunMs = 3000;
const spreadMs = 1000;

const warmUpItems = 100;

/** What makes the images: the node, under either completion, or the loop that people build by hand. */
const labels = {
	poll: 'GPT Image 2, Wait in This Execution',
	suspend: 'GPT Image 2, Suspend Until Callback',
	hand: 'By hand',
} as const;

interface Trial {
	maker: keyof typeof labels;
	items: number;
	/** How long the storage takes to answer, in milliseconds. */
	fileMs?: number;
}

const usual: Trial[] = [
	{ maker: 'hand', items: 1000 },
	{ maker: 'poll', items: 1000 },
	{ maker: 'hand', items: 1000, fileMs: 300 },
	{ maker: 'poll', items: 1000, fileMs: 300 },
	{ maker: 'suspend', items: 400 },
	{ maker: 'suspend', items: 1000 },
];

const trials: Readonly<Record<Size, Trial[]>> = {
	tiny: [
		{ maker: 'poll', items: 3 },
		{ maker: 'suspend', items: 3 },
	],
	short: usual,
	full: usual,
};

/** Whether n8n still answers others while many images are made, and when all of them are out. */
export async function blocks({ size }: Options): Promise<Figures[]> {
	const rows: Array<Record<string, string>> = [];
	for (const trial of trials[size]) {
		const row = await onN8n(async (bench) => {
			await execution(bench, { ...trial, items: Math.min(warmUpItems, trial.items) });
			return await watch(bench.n8n, async (watched) => await measure(bench, watched, trial));
		});
		rows.push(row);
		console.log(JSON.stringify(row));
	}
	const meaning =
		'The node is as it is when added; every image is downloaded. A block is how much later n8n answers than while idle, at worst and in 99 of 100 moments of the execution. The last image comes out that long after the last run has ended.';
	return [{ title: "n8n's answers while many images are made", rows, meaning }];
}

async function measure(bench: Bench, watched: Watched, trial: Trial) {
	const { id, start } = await prepare(bench, trial);
	const { blockMs, cpuMs, p99Ms, seconds, stoppedAt } = await measured(
		watched,
		id,
		trial.items,
		start,
		trial.maker === 'hand' ? 'Download' : 'GPT Image 2',
	);
	const lastEnd = Math.max(...bench.simulator.runs.map(({ endsAt }) => endsAt));
	return {
		What: labels[trial.maker],
		Items: whole(trial.items),
		'The storage takes': duration(trial.fileMs ?? 0),
		'Longest block': duration(blockMs),
		'Block in 99 of 100': duration(p99Ms),
		'CPU an image': `${(cpuMs / trial.items).toFixed(1)} ms`,
		Time: duration(seconds * 1000),
		'Last image after its run': duration(stoppedAt - lastEnd),
		'Runs paid': whole(bench.simulator.runs.length),
	};
}

async function execution(bench: Bench, trial: Trial): Promise<void> {
	const { id, start } = await prepare(bench, trial);
	await ended(bench.n8n.client, id, start);
}

async function prepare(
	{ credentialId, n8n, simulator }: Bench,
	{ fileMs, items, maker }: Trial,
): Promise<{ id: string; start: () => Promise<unknown> }> {
	spreadRuns(simulator, items);
	if (fileMs !== undefined) {
		simulator.misbehave({ do: 'slow-file', milliseconds: fileMs, times: 0 });
	}
	const name = `${maker} ${items}`;
	const workflow =
		maker === 'hand'
			? byHand(name, simulator.url, prompts(items))
			: workflowOf(name, [...prompts(items), gptImage2({ completion: maker })]);
	const id = await n8n.client.createWorkflow(workflow, credentialId);
	return { id, start: async () => await n8n.client.execute(id, 'Start') };
}

/** Has the runs of so many items end at different moments. */
function spreadRuns(simulator: Simulator, items: number): void {
	simulator.runs.length = 0;
	simulator.behave();
	for (let item = 0; item < items; item++) {
		const milliseconds = shortestRunMs + ((item * 137) % spreadMs);
		simulator.misbehave({ do: 'time-run', milliseconds, times: 1 });
	}
}
