import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

import type { N8nClient } from '../scripts/n8n/client';
import { listExecutions } from '../scripts/n8n/executions';
import type { RunningN8n } from '../scripts/n8n/process';
import { median } from './report';
import { cpuOf, idleMsPerSecond } from './usage';

/** An execution that takes longer counts as failed. */
export const longestMs = 180_000;

const idleSeconds = 10;
const unfinished = new Set(['new', 'running', 'waiting', 'unknown']);

/** What an execution took. */
export interface Measured {
	cpuMs: number;
	/** How much later than when idle n8n answered: at most, and in 99 of 100 moments. */
	blockMs: number;
	p99Ms: number;
	seconds: number;
	/** When the execution ended, in milliseconds since 1970. */
	stoppedAt: number;
}

/** An n8n that is being watched, and its figures while idle. */
export interface Watched {
	n8n: RunningN8n;
	probe: Probe;
	idlePerSecond: number;
	idleAnswerMs: number;
}

/** Passes a watched n8n to `use`; its idle use is measured while it is being polled. */
export async function watch<T>(n8n: RunningN8n, use: (watched: Watched) => Promise<T>): Promise<T> {
	const probe = new Probe(n8n.url);
	try {
		await sleep(2000);
		const from = Date.now();
		const idlePerSecond = await idleMsPerSecond(n8n.process.pid, idleSeconds);
		const idleAnswerMs = median(probe.between(from, Date.now()));
		return await use({ n8n, probe, idlePerSecond, idleAnswerMs });
	} finally {
		probe.stop();
	}
}

/** What an execution of that workflow takes. Throws if not all rows came out of that node. */
export async function measured(
	{ n8n, probe, idlePerSecond, idleAnswerMs }: Watched,
	workflowId: string,
	rows: number,
	start: () => Promise<unknown>,
	node = 'GPT Image 2',
): Promise<Measured> {
	const from = Date.now();
	let to = from;
	let id = '';
	const cpuMs = await cpuOf(n8n.process.pid, idlePerSecond, async () => {
		id = await ended(n8n.client, workflowId, start);
		to = Date.now();
	});
	const { data, startedAt, status, stoppedAt } = await n8n.client.execution(id);
	const runs = data.resultData.runData[node] ?? [];
	const items = runs.flatMap((run) => run.data?.main?.[0] ?? []);
	if (status !== 'success' || items.length !== rows) {
		throw new Error(`${status}, ${items.length} items: ${data.resultData.error?.message}`);
	}
	const late = probe.between(from, to).sort((one, other) => one - other);
	return {
		cpuMs,
		blockMs: (late.at(-1) ?? NaN) - idleAnswerMs,
		p99Ms: (late[Math.floor(late.length * 0.99)] ?? NaN) - idleAnswerMs,
		seconds: (Date.parse(stoppedAt ?? '') - Date.parse(startedAt)) / 1000,
		stoppedAt: Date.parse(stoppedAt ?? ''),
	};
}

/** Starts an execution of that workflow and returns its id once it has ended, asking n8n for no data of it. */
export async function ended(
	client: N8nClient,
	workflowId: string,
	start: () => Promise<unknown>,
): Promise<string> {
	const before = new Set((await listExecutions(client, { workflowId })).map(({ id }) => id));
	const deadline = Date.now() + longestMs;
	let failure: unknown = null;
	void start().catch((error: unknown) => (failure = error));
	for (;;) {
		await sleep(500);
		// n8n drops connections that it hasn't looked after for seconds.
		const [newest] = await listExecutions(client, { workflowId }).catch(() => []);
		if (newest && !before.has(newest.id) && !unfinished.has(newest.status)) return newest.id;
		if (failure !== null) throw failure;
		if (Date.now() > deadline) throw new Error(`not ended after ${longestMs / 1000} s`);
	}
}

/** How often n8n is polled, in milliseconds; a shorter block of its event loop may be missed. */
const gapMs = 20;

/** When n8n was asked, in milliseconds since 1970, and how long it took to answer. */
interface Answer {
	askedAt: number;
	ms: number;
}

/**
 * Polls an n8n continuously in a separate process, so that the work of the bench and its simulator doesn't
 * count.
 */
class Probe {
	private readonly answers: Answer[] = [];

	private readonly child: ChildProcess;

	constructor(url: string) {
		this.child = fork(__filename, [`${url}/healthz`]);
		this.child.on('message', (answer: Answer) => this.answers.push(answer));
	}

	/**
	 * How long n8n would have taken to answer at each moment of that time, in milliseconds. It isn't polled
	 * while an answer is due, so a long one stands for the polls that would have waited with it.
	 */
	between(from: number, to: number): number[] {
		return this.answers
			.filter(({ askedAt, ms }) => askedAt <= to && askedAt + ms >= from)
			.flatMap(({ ms }) =>
				Array.from({ length: 1 + Math.floor(ms / gapMs) }, (_, missed) => ms - missed * gapMs),
			);
	}

	/** Stops polling. */
	stop(): void {
		this.child.kill();
	}
}

async function ask(url: string): Promise<never> {
	for (;;) {
		const askedAt = Date.now();
		const start = performance.now();
		await fetch(url).then(
			async (answer) => await answer.text(),
			() => null,
		);
		const ms = performance.now() - start;
		process.send?.({ askedAt, ms } satisfies Answer);
		await sleep(Math.max(0, gapMs - ms));
	}
}

if (require.main === module) {
	process.once('disconnect', () => process.exit());
	void ask(process.argv[2] ?? '');
}
