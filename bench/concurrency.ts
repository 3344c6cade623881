import { execute } from './executions';
import { onN8n, type Bench } from './n8n';
import { duration, whole, type Figures, type Options, type Size } from './report';
import { gptImage2, prompts, workflowOf } from './workflows';

/**
 * An API that accepts this many pending runs at once, or creates within a second, and the settings that are
 * tried against it.
 */
interface Trial {
	limit: { atOnce: number } | { perSecond: number };
	items: number;
	fixed: number[];
}

const runTimeMs = 3000;

const limits: Array<Omit<Trial, 'fixed'>> = [
	{ limit: { atOnce: 5 }, items: 40 },
	{ limit: { atOnce: 20 }, items: 100 },
	{ limit: { atOnce: 100 }, items: 500 },
	{ limit: { atOnce: 1000 }, items: 1000 },
	{ limit: { perSecond: 30 }, items: 400 },
];

const trials: Readonly<Record<Size, Trial[]>> = {
	tiny: [{ limit: { atOnce: 2 }, items: 4, fixed: [1, 10] }],
	short: limits.map((trial) => ({ ...trial, fixed: bestFixed(trial) })),
	full: limits.map((trial) => ({ ...trial, fixed: [1, 5, 10, 20, 50, 100, 1000] })),
};

/** The numbers that may be the best one, and the largest. */
function bestFixed({ limit }: Omit<Trial, 'fixed'>): number[] {
	return 'atOnce' in limit ? [...new Set([limit.atOnce, 1000])] : [50, 90, 100, 1000];
}

interface Tried {
	name: string;
	timeMs: number;
	row: Record<string, string>;
}

/**
 * The node's own choice of how many runs it has at once, compared with fixed numbers, against APIs with
 * limits.
 */
export async function concurrency({ size }: Options): Promise<Figures[]> {
	return await onN8n(async (bench) => {
		const figures: Figures[] = [];
		for (const trial of trials[size]) figures.push(await compare(bench, trial));
		return figures;
	});
}

async function compare(bench: Bench, trial: Trial): Promise<Figures> {
	const { limit } = trial;
	const atOnce = 'atOnce' in limit ? limit.atOnce : null;
	const perSecond = 'perSecond' in limit ? limit.perSecond : null;
	const { settings } = bench.simulator;
	Object.assign(settings, { mostPendingRuns: atOnce, mostCreatesPerSecond: perSecond });
	const automatic = await measure(bench, trial, undefined);
	const fixed: Tried[] = [];
	for (const number of trial.fixed) fixed.push(await measure(bench, trial, number));
	const best = fixed.reduce((one, other) => (other.timeMs < one.timeMs ? other : one));
	const rows = [automatic, ...fixed].map(({ row, timeMs }) => ({
		...row,
		'× the best fixed number': Number.isFinite(timeMs) ? (timeMs / best.timeMs).toFixed(2) : '–',
	}));
	const accepted =
		'atOnce' in limit ? `${whole(limit.atOnce)} at once` : `${limit.perSecond} in a second`;
	return {
		title: `${whole(trial.items)} items with runs of ${duration(runTimeMs)}; the API accepts ${accepted}`,
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
