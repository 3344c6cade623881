import { setTimeout as sleep } from 'node:timers/promises';

import { execute, type Outcome } from './executions';
import { apiKey, onN8n, type Bench } from './n8n';
import { duration, median, whole, type Figures, type Options, type Size } from './report';
import { byHand, gptImage2, noOp, openAi, prompts, workflowOf } from './workflows';

interface Cell {
	items: number;
	runTimeMs: number;
}

const grid = (items: number[], seconds: number[]): Cell[] =>
	seconds.flatMap((run) => items.map((count) => ({ items: count, runTimeMs: run * 1000 })));

const cells: Readonly<Record<Size, Cell[]>> = {
	tiny: grid([1, 3], [1]),
	short: [...grid([1, 20, 1000], [3]), ...grid([20], [20])],
	full: grid([1, 20, 100, 500, 1000], [1, 3, 20]),
};

/** A cell whose first round takes longer is measured once. */
const longRoundMs: Readonly<Record<Size, number>> = { tiny: 0, short: 15_000, full: 15_000 };
const rounds: Readonly<Record<Size, number>> = { tiny: 1, short: 3, full: 3 };

/** If a workflow that works item by item would take longer than this, its time is calculated. */
const longestMs: Readonly<Record<Size, number>> = {
	tiny: 10_000,
	short: 90_000,
	full: 90_000,
};

const names = {
	automatic: 'GPT Image 2',
	all: 'GPT Image 2, concurrency 1,000',
	openAi: 'OpenAI node',
	byHand: 'By hand',
	floor: 'Floor',
} as const;

type Name = keyof typeof names;

/** From the start of a node to all of its images: side by side, on one n8n. */
export async function generate({ size }: Options): Promise<Figures[]> {
	return await onN8n(async (bench) => {
		const contestants = await contestantsOf(bench);
		for (const name of Object.keys(names) as Name[]) await contestants[name](cellOf(2, 1000));
		const perItemMs = new Map<number, number>();
		const rows: Array<Record<string, string>> = [];
		const factors: Array<Record<'automatic' | 'all', number>> = [];
		for (const cell of cells[size]) {
			const timesMs = await measure(contestants, cell, size);
			const row: Record<string, string> = {
				Items: whole(cell.items),
				'A run takes': duration(cell.runTimeMs),
			};
			for (const [name, label] of Object.entries(names) as Array<[Name, string]>) {
				row[label] = timesMs[name].length > 0 ? duration(median(timesMs[name])) : '';
			}
			if (timesMs.openAi.length > 0) {
				perItemMs.set(cell.runTimeMs, median(timesMs.openAi) / cell.items);
			} else {
				const expectedMs = (perItemMs.get(cell.runTimeMs) ?? cell.runTimeMs) * cell.items;
				row[names.openAi] = `≈ ${duration(expectedMs)}`;
			}
			factors.push({
				automatic: median(timesMs.automatic) / cell.runTimeMs,
				all: median(timesMs.all) / cell.runTimeMs,
			});
			rows.push(row);
			console.log(row);
		}
		const most = Math.max(...cells[size].map(({ items }) => items));
		const meanings = cells[size].flatMap(({ items, runTimeMs }, at) => {
			const { automatic, all } = factors[at] ?? { automatic: NaN, all: NaN };
			return items === most
				? `Runs of ${duration(runTimeMs)}: ${whole(items)} images are there after ${automatic.toFixed(1)} times a run's own time with the node as it is when added, and after ${all.toFixed(1)} times at a concurrency of 1,000.`
				: [];
		});
		const meaning = `${meanings.join(' ')} Where a time has ≈, it was calculated from what the OpenAI node took for each item, one after the other.`;
		return [{ title: 'From the start of the node to all images', rows, meaning }];
	});
}

const cellOf = (items: number, runTimeMs: number): Cell => ({ items, runTimeMs });

async function measure(
	contestants: Record<Name, (cell: Cell) => Promise<number>>,
	cell: Cell,
	size: Size,
): Promise<Record<Name, number[]>> {
	const timesMs: Record<Name, number[]> = {
		automatic: [],
		all: [],
		openAi: [],
		byHand: [],
		floor: [],
	};
	for (let round = 0; round < rounds[size]; round++) {
		for (const name of Object.keys(names) as Name[]) {
			const isCalculated =
				name === 'openAi' && cell.items * cell.runTimeMs > longestMs[size] && cell.items > 1;
			const isLong = (timesMs[name][0] ?? 0) > longRoundMs[size];
			if (!isCalculated && !isLong) timesMs[name].push(await contestants[name](cell));
		}
	}
	return timesMs;
}

async function contestantsOf(bench: Bench): Promise<Record<Name, (cell: Cell) => Promise<number>>> {
	const { n8n, simulator } = bench;
	const { id } = await n8n.client.send<{ id: string }>('POST', '/rest/credentials', {
		name: 'OpenAI',
		type: 'openAiApi',
		data: { apiKey, url: `${simulator.url}/v1` },
	});
	const timed =
		(name: Name, workflowFor: (items: number) => Parameters<typeof execute>[1]) =>
		async ({ items, runTimeMs }: Cell) =>
			timeOf(names[name], items, await execute(bench, workflowFor(items), runTimeMs));
	return {
		automatic: timed('automatic', (items) =>
			workflowOf(names.automatic, [...prompts(items), gptImage2()]),
		),
		all: timed('all', (items) =>
			workflowOf(names.all, [...prompts(items), gptImage2({ concurrency: 1000 })]),
		),
		openAi: timed('openAi', (items) => workflowOf(names.openAi, [...prompts(items), openAi(id)])),
		byHand: timed('byHand', (items) => byHand(names.byHand, simulator.url, prompts(items))),
		floor: async (cell) => (await bareMs(bench, cell)) + (await noOpMs(bench, cell.items)),
	};
}

/** The time; not a number if not all images came out. */
function timeOf(name: string, items: number, { timeMs, images, failure }: Outcome): number {
	if (failure === null && images === items) return timeMs;
	console.error(`${name}, ${items} items: ${images} images. ${failure ?? ''}`);
	return NaN;
}

async function noOpMs(bench: Bench, items: number): Promise<number> {
	return (await execute(bench, workflowOf('NoOp', [...prompts(items), noOp]), 0)).timeMs;
}

/** The same requests without n8n, all at once: each run is created, read once when it has ended, and downloaded. */
async function bareMs({ simulator }: Bench, { items, runTimeMs }: Cell): Promise<number> {
	simulator.runs.length = 0;
	simulator.settings.runTime = runTimeMs;
	const started = Date.now();
	await Promise.all(
		Array.from({ length: items }, async (_, number) => {
			const input = { prompt: `picture ${number}` };
			const { id } = (await send(simulator.url, 'models/openai/gpt-image-2/runs', { input })) as {
				id: string;
			};
			const run = simulator.runs.find((one) => one.id === id);
			await sleep((run?.endsAt ?? 0) - Date.now() + 5);
			const { output } = (await send(simulator.url, `runs/${id}`)) as {
				output: { outputs: Array<{ url: string }> };
			};
			await (await fetch(output.outputs[0]?.url ?? '')).arrayBuffer();
		}),
	);
	return Date.now() - started;
}

async function send(url: string, path: string, body?: object): Promise<unknown> {
	const answer = await fetch(`${url}/v1/${path}`, {
		method: body ? 'POST' : 'GET',
		headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
		...(body && { body: JSON.stringify(body) }),
	});
	return await answer.json();
}
