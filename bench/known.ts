import type { INodeParameters } from 'n8n-workflow';

import type { ExportedWorkflow } from '../scripts/n8n/client';
import { startN8n, type RunningN8n } from '../scripts/n8n/process';
import type { Simulator } from '../simulator/simulator';
import { apiKey, onN8n, type Bench } from './n8n';
import { duration, whole, type Figures, type Options, type Size } from './report';
import { until } from './usage';
import { ended, longestMs, measured, watch, type Measured, type Watched } from './watched';
import { gptImage2, prompts, workflowOf } from './workflows';

const sizes: Readonly<Record<Size, number[]>> = {
	tiny: [20],
	short: [100, 400, 1000, 3000],
	full: [100, 400, 1000, 3000],
};

/**
 * The largest number of rows that is also tried among other runs, and how many other runs there are for
 * each row.
 */
const mostCrowded = 1000;
const othersARow = 4;

const warmUpRows = 100;
const warmPrompt = "={{ 'warm ' + $json.prompt }}";
const hourMs = 3_600_000;

/** What is measured: an execution after another that started the same runs, or only the first. */
interface Kind {
	name: string;
	options: INodeParameters;
	isFirst?: boolean;
	isCrowdedToo?: boolean;
}

const kinds: Kind[] = [
	{ name: 'Reuse', options: { reuse: 24 }, isCrowdedToo: true },
	{
		name: 'Reuse, references of their own',
		options: { reuse: 24, clientRef: "={{ 'ref-' + $json.prompt }}" },
	},
	{ name: 'No reuse, one reference', options: { clientRef: 'order-17' }, isFirst: true },
];

interface Trial {
	rows: number;
	/** Runs that nothing asks for. */
	others: number;
}

/** A trial, and the runs that were paid for in it. */
type Tried = Measured & { paid: number };

/** What it costs the node to look for runs that are already known; `BENCH_ROWS=100,400` sets how many. */
export async function known({ size }: Options): Promise<Figures[]> {
	const chosen = process.env.BENCH_ROWS?.split(',').map(Number) ?? sizes[size];
	const alone = chosen.map((rows) => ({ rows, others: 0 }));
	const crowded = Math.min(mostCrowded, Math.max(...chosen));
	const among = { rows: crowded, others: othersARow * crowded };
	const rows: Array<Record<string, string>> = [];
	for (const kind of kinds) {
		const trials = kind.isCrowdedToo ? [...alone, among] : alone;
		const onOne = async (bench: Bench) => {
			await warmUp(bench.n8n, bench);
			return await watch(bench.n8n, async (watched) => {
				const measure = async (trial: Trial) => await executed(bench, watched, kind, trial);
				return await each(kind.name, trials, measure);
			});
		};
		rows.push(...(await onN8n(onOne)));
	}
	const onAnother = async (trial: Trial) =>
		await onN8n(async (bench) => await retriedAfterCrash(bench, trial.rows));
	rows.push(...(await each('Retry after a crash', alone, onAnother)));
	const meaning =
		'Each is the second execution of the same rows, or their retry; without reuse it is the first. A block is how much later n8n answers than while idle, at worst and in 99 of 100 moments of the execution.';
	return [{ title: 'To look for runs that are known already', rows, meaning }];
}

const failed: Tried = {
	blockMs: NaN,
	cpuMs: NaN,
	p99Ms: NaN,
	paid: NaN,
	seconds: NaN,
	stoppedAt: NaN,
};

/** A row of the table for each trial, until one fails. */
async function each(
	name: string,
	trials: Trial[],
	measure: (trial: Trial) => Promise<Tried>,
): Promise<Array<Record<string, string>>> {
	const table: Array<Record<string, string>> = [];
	let first: number | null = null;
	for (const trial of trials) {
		const { others, rows } = trial;
		const found = await measure(trial).catch((error: unknown) => console.error(error));
		const { blockMs, cpuMs, p99Ms, paid, seconds } = found ?? failed;
		const aRow = cpuMs / rows;
		first ??= aRow;
		table.push({
			What: others > 0 ? `${name}, among ${whole(others)} others` : name,
			Rows: whole(rows),
			'CPU a row': found ? `${aRow.toFixed(1)} ms` : 'failed',
			'× the fewest rows': found ? (aRow / first).toFixed(2) : '',
			'Longest block': duration(blockMs),
			'Block in 99 of 100': duration(p99Ms),
			Time: duration(seconds * 1000),
			'Runs paid': whole(paid),
		});
		console.log(JSON.stringify(table.at(-1)));
		if (!found) break;
	}
	return table;
}

/** The second execution of a workflow; the first isn't measured. */
async function executed(
	{ n8n, simulator, credentialId }: Bench,
	watched: Watched,
	{ name, options, isFirst = false }: Kind,
	{ rows, others }: Trial,
): Promise<Tried> {
	simulator.runs.length = 0;
	simulator.behave();
	simulator.settings.runTime = 0;
	await startOthers(simulator, others);
	const workflow = workflowFor(`${name} ${rows}`, rows, options);
	const id = await n8n.client.createWorkflow(workflow, credentialId);
	const start = async () => await n8n.client.execute(id, 'Start');
	if (!isFirst) await ended(n8n.client, id, start);
	const found = await measured(watched, id, rows, start);
	return { ...found, paid: simulator.runs.length - others };
}

/** The retry of an execution whose n8n was killed when all of its runs were started. */
async function retriedAfterCrash(bench: Bench, rows: number): Promise<Tried> {
	const { n8n, simulator, credentialId } = bench;
	simulator.settings.runTime = hourMs;
	const workflow = workflowFor('crash', rows, { concurrency: rows });
	const id = await n8n.client.createWorkflow(
		{ ...workflow, settings: { saveExecutionProgress: true } },
		credentialId,
	);
	const executionId = await n8n.client.execute(id, 'Start');
	await until(() => simulator.runs.length === rows, longestMs);
	await n8n.stop({ signal: 'SIGKILL', keep: true });

	for (const run of simulator.runs) run.endsAt = Date.now();
	simulator.settings.runTime = 0;
	const port = Number(new URL(n8n.url).port);
	const again = await startN8n({ userFolder: n8n.userFolder, port });
	try {
		await warmUp(again, bench);
		return await watch(again, async (watched) => {
			const path = `/rest/executions/${executionId}/retry`;
			const retry = async () => await again.client.send('POST', path, { loadWorkflow: false });
			const found = await measured(watched, id, rows, retry);
			return { ...found, paid: simulator.runs.length };
		});
	} finally {
		await again.stop({ keep: true });
	}
}

/** Has n8n do the same for other rows, so that it isn't measured cold; their runs are forgotten. */
async function warmUp({ client }: RunningN8n, { simulator, credentialId }: Bench): Promise<void> {
	const before = simulator.runs.length;
	simulator.settings.runTime = 0;
	const workflow = workflowFor('warm up', warmUpRows, { reuse: 1 }, warmPrompt);
	const id = await client.createWorkflow(workflow, credentialId);
	for (let time = 0; time < 3; time++) {
		await ended(client, id, async () => await client.execute(id, 'Start'));
	}
	simulator.runs.length = before;
}

function workflowFor(
	name: string,
	rows: number,
	options: INodeParameters,
	prompt = '={{ $json.prompt }}',
): ExportedWorkflow {
	const node = gptImage2();
	const all = { concurrency: 1000, download: false, ...options };
	return workflowOf(name, [
		...prompts(rows),
		{ ...node, parameters: { ...node.parameters, prompt, options: all } },
	]);
}

async function startOthers({ url, runs }: Simulator, count: number): Promise<void> {
	const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
	for (let number = 0; number < count; number++) {
		const body = { input: { prompt: `other ${number}` }, client_ref: `other-${number}` };
		await fetch(`${url}/v1/models/openai/gpt-image-2/runs`, {
			method: 'POST',
			headers,
			body: JSON.stringify(body),
		}).then(async (answer) => await answer.text());
	}
	if (runs.length !== count) throw new Error(`${runs.length} of ${count} other runs were started`);
}
