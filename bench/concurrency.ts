import { execute } from './executions';
import { onN8n, type Bench } from './n8n';
import { duration, whole, type Figures, type Options, type Size } from './report';
import { gptImage2, prompts, workflowOf } from './workflows';

/** An API that accepts so many pending runs at once, and what is tried against it. */
interface Trial {
	atOnce: number;
	items: number;
	fixed: number[];
}

const runTimeMs = 3000;

const trials: Readonly<Record<Size, Trial[]>> = {
	tiny: [{ atOnce: 2, items: 4, fixed: [1, 10] }],
	short: [
		{ atOnce: 5, items: 40, fixed: [5, 10, 50, 1000] },
		{ atOnce: 20, items: 100, fixed: [10, 20, 50, 1000] },
		{ atOnce: 1000, items: 400, fixed: [50, 100, 1000] },
	],
	full: [5, 20, 1000].map((atOnce) => ({
		atOnce,
		items: Math.min(400, 10 * atOnce),
		fixed: [1, 5, 10, 20, 50, 100, 1000],
	})),
};

interface Tried {
	name: string;
	timeMs: number;
	row: Record<string, string>;
}

/** The node's own choice of how many runs it has at once, beside fixed numbers, against APIs with limits. */
export async function concurrency({ size }: Options): Promise<Figures[]> {
	return await onN8n(async (bench) => {
		const figures: Figures[] = [];
		for (const trial of trials[size]) figures.push(await compare(bench, trial));
		return figures;
	});
}

async function compare(bench: Bench, trial: Trial): Promise<Figures> {
	bench.simulator.settings.mostPendingRuns = trial.atOnce;
	const automatic = await measure(bench, trial, undefined);
	const fixed: Tried[] = [];
	for (const number of trial.fixed) fixed.push(await measure(bench, trial, number));
	const best = fixed.reduce((one, other) => (other.timeMs < one.timeMs ? other : one));
	const rows = [automatic, ...fixed].map(({ row, timeMs }) => ({
		...row,
		'× the best fixed number': (timeMs / best.timeMs).toFixed(2),
	}));
	return {
		title: `${whole(trial.items)} items with runs of ${duration(runTimeMs)}; the API accepts ${whole(trial.atOnce)} at once`,
		rows,
		meaning: `Left to itself, the node takes ${(automatic.timeMs / best.timeMs).toFixed(2)} times as long as with the best of these numbers, which is ${best.name}.`,
	};
}

async function measure(bench: Bench, { items }: Trial, fixed: number | undefined): Promise<Tried> {
	const { simulator } = bench;
	const node = gptImage2(fixed === undefined ? {} : { concurrency: fixed });
	const workflow = workflowOf(`concurrency ${fixed}`, [...prompts(items), node]);
	const { timeMs, images, failure } = await execute(
		bench,
		{
			...workflow,
			nodes: workflow.nodes.map((one) =>
				one.name === node.name ? { ...one, onError: 'continueRegularOutput' } : one,
			),
		},
		runTimeMs,
	);
	if (failure !== null) console.error(failure);
	const creates = simulator.requests['POST /v1/models/openai/gpt-image-2/runs'] ?? 0;
	const name = fixed === undefined ? 'its own choice' : whole(fixed);
	return {
		name,
		timeMs: failure === null && images === items ? timeMs : Infinity,
		row: {
			Concurrency: name,
			Time: duration(timeMs),
			'Refused with 429': whole(creates - simulator.runs.length),
			'Items failed': whole(items - images),
			'Runs lost': whole(Math.max(0, simulator.runs.length - images)),
		},
	};
}
