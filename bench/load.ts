import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ensureN8n } from '../scripts/n8n/install';
import { freePort, installPackage, launch, packageFolder, settings } from '../scripts/n8n/process';
import { tarball } from './n8n';
import { duration, median, whole, type Figures, type Options, type Size } from './report';

const processes: Readonly<Record<Size, number>> = { tiny: 2, short: 10, full: 10 };
const boots: Readonly<Record<Size, number>> = { tiny: 1, short: 3, full: 9 };

/** What the package weighs, and what it adds to the time in which n8n starts. */
export async function load({ size }: Options): Promise<Figures[]> {
	const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'n8n-runflow-load-')));
	const [without = '', withPackage = ''] = folders;
	try {
		installPackage(tarball(), withPackage);
		return [
			weight(packageFolder(withPackage)),
			await requireTimes(packageFolder(withPackage), processes[size]),
			await bootTimes({ without, withPackage }, boots[size]),
		];
	} finally {
		for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

function weight(folder: string): Figures {
	const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.map((name) => statSync(join(folder, name)))
		.filter((entry) => entry.isFile())
		.map(({ size }) => size);
	const unpacked = sizes.reduce((sum, size) => sum + size, 0);
	const packed = statSync(tarball()).size;
	return {
		title: 'Size of the package',
		rows: [
			{
				'Packed (bytes)': whole(packed),
				'Unpacked (bytes)': whole(unpacked),
				Files: whole(sizes.length),
			},
		],
		meaning: `An installation downloads ${whole(packed / 1024)} KB and nothing else, since the package has no dependencies of its own.`,
	};
}

/** Loads a file in a process that has loaded what every n8n has, and prints how long that took. */
const program = `
	require('n8n-workflow'); require('zod/v3');
	const started = process.hrtime.bigint();
	require(process.argv[1]);
	console.log(Number(process.hrtime.bigint() - started) / 1e6);`;

async function requireTimes(folder: string, count: number): Promise<Figures> {
	const installed = await ensureN8n();
	const env = { ...process.env, NODE_PATH: join(installed.n8n, '..', '..', '..') };
	const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
		n8n: { nodes: string[]; credentials: string[] };
	};
	const timed = [...manifest.n8n.nodes, ...manifest.n8n.credentials].map((file) => ({
		file,
		timeMs: median(
			Array.from({ length: count }, () =>
				Number(
					execFileSync(installed.node, ['-e', program, join(folder, file)], {
						env,
						cwd: folder,
						encoding: 'utf8',
					}),
				),
			),
		),
	}));
	const slowest = Math.max(...timed.map(({ timeMs }) => timeMs));
	return {
		title: 'Loading each file in a fresh process',
		rows: timed.map(({ file, timeMs }) => ({
			File: file.replace(/^.*\//, ''),
			[`Median of ${count}`]: `${timeMs.toFixed(1)} ms`,
		})),
		meaning: `The slowest file takes ${slowest.toFixed(1)} ms to load, once for each n8n process.`,
	};
}

async function bootTimes(
	folders: { without: string; withPackage: string },
	count: number,
): Promise<Figures> {
	const timesMs = { without: [] as number[], withPackage: [] as number[] };
	for (const name of ['without', 'withPackage'] as const) await bootMs(folders[name]);
	for (let round = 0; round < count; round++) {
		for (const name of ['without', 'withPackage'] as const) {
			timesMs[name].push(await bootMs(folders[name]));
		}
	}
	const row = (name: string, times: number[]) => ({
		'n8n starts': name,
		[`Median of ${count}`]: duration(median(times)),
		Fastest: duration(Math.min(...times)),
		Slowest: duration(Math.max(...times)),
	});
	const differenceMs = median(timesMs.withPackage) - median(timesMs.without);
	return {
		title: "n8n's start until it is ready",
		rows: [row('without the package', timesMs.without), row('with it', timesMs.withPackage)],
		meaning: `The medians with and without the package differ by ${whole(Math.abs(differenceMs))} ms, where n8n's own starts differ from each other by up to ${whole(Math.max(...timesMs.without) - Math.min(...timesMs.without))} ms.`,
	};
}

async function bootMs(userFolder: string): Promise<number> {
	const port = await freePort();
	const env = await settings(userFolder, port);
	const started = Date.now();
	const n8n = await launch({ command: 'start', readyAt: `http://127.0.0.1:${port}`, env });
	try {
		await n8n.ready;
		return Date.now() - started;
	} finally {
		await n8n.end();
	}
}
