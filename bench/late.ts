import { setTimeout as sleep } from 'node:timers/promises';

import { downloadsOf, executionsOf, post, publish } from './executions';
import { onN8n, type Bench } from './n8n';
import { duration, median, type Figures, type Options, type Size } from './report';
import { until } from './usage';
import { gptImage2, posted, workflowOf } from './workflows';

const labels = { poll: 'Wait in This Execution', suspend: 'Suspend Until Callback' } as const;

/** Executions of one run each, which start one after the other. */
interface Series {
	label: string;
	executions: number;
	/** How long the run of the execution with that number takes. */
	runTimeMs: (number: number) => number;
}

const spread: Series = {
	label: '1 to 5 s',
	executions: 20,
	runTimeMs: (number) => 1000 + ((number * 1373) % 4000),
};
const long: Series = { label: '20 s', executions: 10, runTimeMs: () => 20_000 };

const series: Readonly<Record<Size, Series[]>> = {
	tiny: [{ ...spread, executions: 3 }],
	short: [spread, long],
	full: [
		{ ...spread, executions: 100 },
		{ ...long, executions: 60 },
	],
};

const betweenStartsMs = 1000;

/** From the end of a run to the end of its execution, which only has to store the image. */
export async function late({ size }: Options): Promise<Figures[]> {
	return await onN8n(async (bench) => {
		const rows: Array<Record<string, string>> = [];
		const medians: Array<Record<'poll' | 'suspend', number>> = [];
		for (const one of series[size]) {
			const found = { poll: NaN, suspend: NaN };
			for (const completion of ['poll', 'suspend'] as const) {
				const lateMs = await measure(bench, completion, one);
				found[completion] = median(lateMs);
				rows.push({
					Completion: labels[completion],
					'A run takes': one.label,
					Executions: `${lateMs.length} of ${one.executions}`,
					Median: duration(median(lateMs)),
					Worst: duration(Math.max(...lateMs)),
				});
			}
			medians.push(found);
		}
		const last = medians.at(-1);
		const meaning = `An image of a run of ${series[size].at(-1)?.label ?? ''} comes out ${duration(last?.poll ?? NaN)} after its run has ended when the node polls, and ${duration(last?.suspend ?? NaN)} when a callback wakes it, half of the time sooner.`;
		return [{ title: "From a run's end to its image", rows, meaning }];
	});
}

async function measure(
	bench: Bench,
	completion: 'poll' | 'suspend',
	{ label, executions, runTimeMs }: Series,
): Promise<number[]> {
	const { n8n, simulator } = bench;
	simulator.runs.length = 0;
	simulator.behave();
	const name = `${completion}-${label.replaceAll(' ', '-')}`;
	const workflow = workflowOf(name, [...posted(name), gptImage2({ completion })]);
	const { id, url } = await publish(bench, workflow, name);
	for (let number = 0; number < executions; number++) {
		simulator.misbehave({
			do: 'time-run',
			milliseconds: runTimeMs(number),
			match: `number ${number}.`,
		});
		await post(url, [`number ${number}.`]);
		await sleep(betweenStartsMs);
	}
	await until(() => downloadsOf(simulator) >= executions).catch(() => undefined);
	await sleep(3000);

	return (await executionsOf(n8n.client, id)).flatMap(({ status, stoppedAt, data }) => {
		const [item] = data.resultData.runData['GPT Image 2']?.at(-1)?.data?.main?.[0] ?? [];
		const run = simulator.runs.find((one) => one.id === item?.json.run_id);
		if (status !== 'success' || !item?.binary || !run) return [];
		return [Date.parse(stoppedAt ?? '') - run.endsAt];
	});
}
