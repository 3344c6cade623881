import { setTimeout as sleep } from 'node:timers/promises';

import { callsOf, downloadsOf, post, publish } from './executions';
import { noAlarms, onN8n, type Bench } from './n8n';
import { median, whole, type Figures, type Options, type Size } from './report';
import { alarmMs, callbackMs, partsOfSingle, singles, waitNodeMs, type Tried } from './suspended';
import { cpuOf, idleMsPerSecond, until } from './usage';
import { byHand, gptImage2, noOp, posted, webhook, workflowOf } from './workflows';

interface Extent {
	rounds: number;
	/** How long n8n is left alone after it has started, and how long its idle use is measured. */
	settleSeconds: number;
	bareExecutions: number;
	images: number;
	/** How many images there are in the larger suspensions. */
	manyImages: number[];
	singles: number;
	runTimeMs: number;
}

const extents: Readonly<Record<Size, Extent>> = {
	tiny: {
		rounds: 1,
		settleSeconds: 3,
		bareExecutions: 3,
		images: 3,
		manyImages: [5],
		singles: 2,
		runTimeMs: 3000,
	},
	short: {
		rounds: 1,
		settleSeconds: 30,
		bareExecutions: 30,
		images: 20,
		manyImages: [100, 1000],
		singles: 10,
		runTimeMs: 20_000,
	},
	full: {
		rounds: 5,
		settleSeconds: 20,
		bareExecutions: 100,
		images: 20,
		manyImages: [100, 1000],
		singles: 10,
		runTimeMs: 20_000,
	},
};

const alone = 'One run in a suspension of its own';

/** With one run more, all runs of a suspension call back; of more only the last do. */
const callbacksAtMost = 7;

/** What an image costs n8n: requests to the API, and CPU time of its process. */
export async function cost({ size }: Options): Promise<Figures[]> {
	const extent = extents[size];
	const { images, manyImages } = extent;
	const { rounds } = extent;
	const seconds = extent.runTimeMs / 1000;
	const suspend = gptImage2({ completion: 'suspend' });

	const polled = await onN8n(async (bench) => {
		const idle = await settle(bench, extent);
		const bareMs = await bareExecutionMs(bench, idle, extent);
		const poll = await repeated(bench, idle, extent, {
			name: `${images} runs of ${seconds} s, polled`,
			workflow: (path) => workflowOf(path, [...posted(path), gptImage2()]),
			images,
		});
		const hand = await repeated(bench, idle, extent, {
			name: `${images} runs of ${seconds} s, by hand`,
			workflow: (path) => byHand(path, bench.simulator.url, posted(path)),
			images,
		});
		const waitMs = await waitNodeMs(bench, idle, extent.singles);
		const single = await singles(bench, idle, rounds, {
			completion: 'poll',
			count: extent.singles,
			name: 'One run in an execution of its own, polled',
		});
		return { bareMs, single, tried: [poll, hand], waitMs };
	});
	const together = await onN8n(async (bench) => {
		const idle = await settle(bench, extent);
		const workflow = (path: string) => workflowOf(path, [...posted(path), suspend]);
		const tried: Tried[] = [];
		for (const count of [images, ...manyImages]) {
			const name = `${whole(count)} runs of ${seconds} s in one suspension`;
			tried.push(await repeated(bench, idle, extent, { name, workflow, images: count }));
		}
		return tried;
	});
	const suspended = await onN8n(async (bench) => {
		const idle = await settle(bench, extent);
		const callback = await callbackMs(bench, idle, callbacksAtMost);
		const started = Date.now();
		const single = await singles(bench, idle, rounds, {
			completion: 'suspend',
			count: extent.singles,
			name: alone,
		});
		const alarm = await alarmMs(bench, idle, started, rounds * extent.singles, size);
		return { callback, single, alarm };
	});
	const withoutAlarm = await onN8n(
		async (bench) => {
			const idle = await settle(bench, extent);
			return await singles(bench, idle, rounds, {
				completion: 'suspend',
				count: extent.singles,
				name: 'The same without an alarm',
			});
		},
		{ env: noAlarms },
	);

	const { bareMs } = polled;
	const [poll] = polled.tried;
	const most = together.slice(1);
	const times = (ms: number) => (ms / bareMs).toFixed(2);
	const row = ({ name, calls, callbacks, cpuMs }: Tried) => ({
		What: name,
		'API calls an image': calls.toFixed(1),
		'Callbacks an image': callbacks.toFixed(1),
		'CPU an image': `${cpuMs.toFixed(0)} ms`,
		'× a bare execution': times(cpuMs),
	});
	const only = (name: string, ms: number) => ({
		What: name,
		'API calls an image': '',
		'Callbacks an image': '',
		'CPU an image': `${ms.toFixed(0)} ms`,
		'× a bare execution': times(ms),
	});
	const rows = [
		only('A bare execution: Webhook and NoOp', bareMs),
		...[...polled.tried, ...together, polled.single, suspended.single, withoutAlarm].map(row),
		only("n8n's Wait node, suspended until it is called", polled.waitMs),
		only('A callback that leaves other runs pending', suspended.callback),
		...(suspended.alarm === null
			? []
			: [only('The alarm of a suspension, when it rings after its end', suspended.alarm)]),
	];
	const meaning = `An execution of nothing but Webhook and NoOp takes ${bareMs.toFixed(0)} ms of CPU; an image takes ${times(poll?.cpuMs ?? NaN)} of that when polled, ${most.map(({ cpuMs }, at) => `${times(cpuMs)} as one of ${whole(manyImages[at] ?? NaN)} in a suspension`).join(', ')}, and ${times(suspended.single.cpuMs)} alone in one.`;
	const parts = partsOfSingle({
		bareMs,
		polledMs: polled.single.cpuMs,
		suspendedMs: suspended.single.cpuMs,
		waitMs: polled.waitMs,
		withoutAlarmMs: withoutAlarm.cpuMs,
	});
	return [{ title: "API calls and n8n's CPU for an image", rows, meaning: `${meaning} ${parts}` }];
}

async function settle({ n8n }: Bench, { settleSeconds }: Extent): Promise<number> {
	await sleep(settleSeconds * 1000);
	return await idleMsPerSecond(n8n.process.pid, settleSeconds);
}

async function bareExecutionMs(bench: Bench, idle: number, { bareExecutions, rounds }: Extent) {
	const { url } = await publish(bench, workflowOf('bare', [webhook('bare'), noOp]), 'bare');
	const round = async () =>
		await cpuOf(bench.n8n.process.pid, idle, async () => {
			for (let number = 0; number < bareExecutions; number++) {
				await post(url, []);
				await sleep(100);
			}
		});
	await round();
	const values: number[] = [];
	for (let number = 0; number < rounds; number++) values.push((await round()) / bareExecutions);
	return median(values);
}

interface Scenario {
	name: string;
	workflow: (path: string) => Parameters<typeof publish>[1];
	images: number;
}

/** One execution with that many images, after a warm-up of one: the median of several rounds. */
async function repeated(
	bench: Bench,
	idle: number,
	{ rounds, runTimeMs }: Extent,
	{ name, workflow, images }: Scenario,
): Promise<Tried> {
	const { n8n, simulator } = bench;
	const path = name.replace(/\W+/g, '-');
	const { url } = await publish(bench, workflow(path), path);
	const round = async (count: number, timeMs: number) => {
		simulator.runs.length = 0;
		simulator.behave();
		simulator.settings.runTime = timeMs;
		const before = simulator.deliveries.length;
		const ms = await cpuOf(n8n.process.pid, idle, async () => {
			await post(
				url,
				Array.from({ length: count }, (_, number) => `picture ${number}`),
			);
			await until(() => downloadsOf(simulator) >= count);
		});
		const callbacks = simulator.deliveries.length - before;
		return { ms: ms / count, calls: callsOf(simulator) / count, callbacks: callbacks / count };
	};
	await round(1, 3000);
	const found: Array<Awaited<ReturnType<typeof round>>> = [];
	for (let number = 0; number < rounds; number++) found.push(await round(images, runTimeMs));
	return {
		name,
		calls: median(found.map(({ calls }) => calls)),
		callbacks: median(found.map(({ callbacks }) => callbacks)),
		cpuMs: median(found.map(({ ms }) => ms)),
	};
}
