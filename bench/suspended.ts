import { setTimeout as sleep } from 'node:timers/promises';

import { callsOf, downloadsOf, executionsOf, post, publish } from './executions';
import type { Bench } from './n8n';
import { median, type Size } from './report';
import { cpuMs, cpuOf, until } from './usage';
import { gptImage2, noOp, posted, waitForCall, workflowOf } from './workflows';

/** What an image took, each the median of several rounds. */
export interface Tried {
	name: string;
	/** Requests to the API. */
	calls: number;
	callbacks: number;
	cpuMs: number;
}

const workflow = (path: string) =>
	workflowOf(path, [...posted(path), gptImage2({ completion: 'suspend' })]);

const betweenStartsMs = 1000;

/** An alarm rings first this long after its suspension. */
const ringsAfterMs = 150_000;

/** The CPU time of a callback whose execution stays suspended, in milliseconds: the mean of `count`. */
export async function callbackMs(bench: Bench, idle: number, count: number): Promise<number> {
	const { n8n, simulator } = bench;
	const { id, url } = await publish(bench, workflow('staggered'), 'staggered');
	simulator.behave();
	const firstMs = 20_000;
	for (let number = 0; number <= count; number++) {
		const milliseconds = number === count ? 600_000 : firstMs + number * 500;
		simulator.misbehave({ do: 'time-run', milliseconds, match: `staggered ${number}.` });
	}
	const before = simulator.deliveries.length;
	await post(
		url,
		Array.from({ length: count + 1 }, (_, number) => `staggered ${number}.`),
	);
	await sleep(firstMs - 2000);
	const ms = await cpuOf(n8n.process.pid, idle, async () => {
		await until(() => simulator.deliveries.length - before >= count);
	});
	for (const execution of await executionsOf(n8n.client, id)) {
		if (execution.status === 'waiting') await n8n.client.stop(execution.id);
	}
	return ms / count;
}

/** Executions of one image each, started one after the other. */
export async function singles(
	bench: Bench,
	idle: number,
	rounds: number,
	{ completion, count, name }: { completion: 'poll' | 'suspend'; count: number; name: string },
): Promise<Tried> {
	const { n8n, simulator } = bench;
	const path = `single-${completion}`;
	const single = workflowOf(path, [...posted(path), gptImage2({ completion })]);
	const { url } = await publish(bench, single, path);
	const round = async (number: number) => {
		simulator.runs.length = 0;
		simulator.behave();
		simulator.settings.runTime = 5000;
		const before = simulator.deliveries.length;
		const ms = await cpuOf(n8n.process.pid, idle, async () => {
			for (let start = 0; start < number; start++) {
				await post(url, ['one picture']);
				await sleep(betweenStartsMs);
			}
			await until(() => downloadsOf(simulator) >= number);
		});
		const callbacks = simulator.deliveries.length - before;
		return { ms, calls: callsOf(simulator), callbacks };
	};
	await round(1);
	const found: Array<Awaited<ReturnType<typeof round>>> = [];
	for (let done = 0; done < rounds; done++) found.push(await round(count));
	return {
		name,
		calls: median(found.map(({ calls }) => calls)) / count,
		callbacks: median(found.map(({ callbacks }) => callbacks)) / count,
		cpuMs: median(found.map(({ ms }) => ms)) / count,
	};
}

/** The CPU time of an execution that n8n's own Wait node suspends until it is called, in milliseconds: the mean of `count`. */
export async function waitNodeMs(bench: Bench, idle: number, count: number): Promise<number> {
	const path = 'wait-node';
	const { url } = await publish(bench, workflowOf(path, [...waitForCall(path), noOp]), path);
	const executed = async () => {
		const answer = await fetch(url, { method: 'POST' });
		const { resumeUrl } = (await answer.json()) as { resumeUrl: string };
		await sleep(betweenStartsMs);
		const resumed = await fetch(resumeUrl, { method: 'POST' });
		if (!resumed.ok) throw new Error(`${resumeUrl}: ${resumed.status} ${await resumed.text()}`);
	};
	await executed();
	const ms = await cpuOf(bench.n8n.process.pid, idle, async () => {
		for (let done = 0; done < count; done++) await executed();
	});
	return ms / count;
}

/** The CPU time of an alarm that rings after the end of its suspension, in milliseconds; null unless everything is measured, since that takes minutes. */
export async function alarmMs(
	{ n8n }: Bench,
	idle: number,
	started: number,
	alarms: number,
	size: Size,
): Promise<number | null> {
	if (size !== 'full') return null;
	const lastRingAt = Date.now() + ringsAfterMs + 15_000;
	// Alarms of the first rounds may have rung already, while the last ones were measured.
	if (Date.now() - started > ringsAfterMs) return null;
	const from = Date.now();
	const before = cpuMs(n8n.process.pid);
	await sleep(lastRingAt - Date.now());
	const idleMs = ((Date.now() - from) / 1000) * idle;
	return (cpuMs(n8n.process.pid) - before - idleMs) / alarms;
}

/** What an image alone in a suspension costs n8n, part by part, in milliseconds and in bare executions. */
export function partsOfSingle({
	bareMs,
	polledMs,
	suspendedMs,
	waitMs,
	withoutAlarmMs,
}: Record<'bareMs' | 'polledMs' | 'suspendedMs' | 'waitMs' | 'withoutAlarmMs', number>): string {
	const parts = Object.entries({
		'the execution itself': bareMs,
		'the requests and the image, as when polled': polledMs - bareMs,
		"n8n's saving, loading and resuming, as with its Wait node": waitMs - bareMs,
		'the alarm': suspendedMs - withoutAlarmMs,
		'the callback, the reads while asleep and the second execution of the node':
			withoutAlarmMs - polledMs - waitMs + bareMs,
	});
	const words = parts.map(([what, ms]) => `${(ms / bareMs).toFixed(2)} for ${what}`);
	return `Alone in a suspension, that is ${words.join('; ')}.`;
}
