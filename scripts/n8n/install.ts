import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import lockfile from 'proper-lockfile';

import { isAtLeast, n8nVersion } from './version';

/** Every n8n from 1.123 on runs on this Node. */
const nodeVersion = '24.21.0';

const neededGigabytes = 4;
const gigabyte = 1024 ** 3;

/** The paths of an installed n8n. */
export interface InstalledN8n {
	/** The executable of Node 24. */
	node: string;
	/** n8n's start script. */
	n8n: string;
}

/**
 * Returns a complete n8n in the user's cache folder, and installs it first if it isn't there yet. Several
 * callers may ask at once: one installs, the others wait. If it can't be installed, throws an error that
 * tells the user what to do.
 */
export async function ensureN8n(): Promise<InstalledN8n> {
	const folder = join(cacheFolder(), `n8n-${n8nVersion}`);
	const ready = join(folder, 'ready');
	const installed = pathsIn(folder);
	if (isReady(ready)) return installed;

	mkdirSync(folder, { recursive: true });
	const unlock = await lock(folder);
	try {
		if (!isReady(ready)) {
			await install(folder);
			writeFileSync(ready, nodeVersion);
		}
		return installed;
	} finally {
		await unlock();
	}
}

function isReady(marker: string): boolean {
	return existsSync(marker) && readFileSync(marker, 'utf8') === nodeVersion;
}

function cacheFolder(): string {
	const { LOCALAPPDATA, RUNFLOW_CACHE_FOLDER, XDG_CACHE_HOME } = process.env;
	if (RUNFLOW_CACHE_FOLDER) return RUNFLOW_CACHE_FOLDER;
	const base =
		process.platform === 'darwin'
			? join(homedir(), 'Library', 'Caches')
			: ((process.platform === 'win32' ? LOCALAPPDATA : XDG_CACHE_HOME) ??
				join(homedir(), '.cache'));
	return join(base, 'n8n-nodes-runflow');
}

function pathsIn(folder: string): InstalledN8n {
	const program = process.platform === 'win32' ? 'node.exe' : 'node';
	return {
		node: join(folder, 'node_modules', nodePackage(), 'bin', program),
		n8n: join(folder, 'node_modules', 'n8n', 'bin', 'n8n'),
	};
}

function nodePackage(): string {
	const platform = process.platform === 'win32' ? 'win' : process.platform;
	return `node-${platform}-${process.arch}`;
}

async function install(folder: string): Promise<void> {
	const free = freeBytes(folder);
	if (free < neededGigabytes * gigabyte) {
		throw new Error(
			`n8n needs ${neededGigabytes} GB of disk space, and ${folder} has ${(free / gigabyte).toFixed(1)} GB free. ` +
				'Free some, or set RUNFLOW_CACHE_FOLDER to a folder on another disk.',
		);
	}
	console.log(`Installing n8n ${n8nVersion} into ${folder} (about 5 minutes and 3 GB, once) …`);
	writeFileSync(join(folder, 'package.json'), JSON.stringify(cacheManifest(n8nVersion)));
	await step(folder, 'Downloading n8n', [
		'install',
		`n8n@${n8nVersion}`,
		`${nodePackage()}@${nodeVersion}`,
		'--ignore-scripts',
		'--no-audit',
		'--no-fund',
		'--loglevel=error',
	]);
	await step(folder, 'Building the database driver', ['rebuild', 'sqlite3', '--loglevel=error']);
}

/**
 * The package.json of the folder that an n8n is installed into. Releases up to 2.20 take `xlsx` from a host
 * other than npm's registry, which not every network reaches: there the registry's own copy replaces it.
 */
export function cacheManifest(version: string): object {
	return {
		name: 'n8n-for-n8n-nodes-runflow',
		private: true,
		...(!isAtLeast(version, '2.21') && { overrides: { xlsx: '0.18.5' } }),
	};
}

/** Runs npm in the folder, and prints its progress every 15 seconds. */
async function step(folder: string, name: string, args: string[]): Promise<void> {
	const home = join(folder, 'node_modules', nodePackage());
	const env: NodeJS.ProcessEnv = { ...process.env, npm_config_ignore_scripts: 'false' };
	if (existsSync(join(home, 'include', 'node'))) {
		env.npm_config_nodedir = home;
		env.PATH = `${join(home, 'bin')}${delimiter}${process.env.PATH ?? ''}`;
	}
	const started = Date.now();
	const freeAtStart = freeBytes(folder);
	const report = setInterval(() => {
		const written = Math.max(0, freeAtStart - freeBytes(folder)) / gigabyte;
		const seconds = Math.round((Date.now() - started) / 1000);
		console.log(`  ${name}: ${seconds} s, ${written.toFixed(1)} GB written`);
	}, 15_000);

	const output: string[] = [];
	const code = await new Promise<number>((resolve) => {
		const child = spawn('npm', args, { cwd: folder, env, shell: process.platform === 'win32' });
		child.stdout.on('data', (text) => output.push(String(text)));
		child.stderr.on('data', (text) => output.push(String(text)));
		child.on('error', () => resolve(1));
		child.on('close', (status) => resolve(status ?? 1));
	});
	clearInterval(report);
	if (code === 0) return;
	throw new Error(
		`${name} failed. Check the network (and npm's proxy settings), that the disk has ${neededGigabytes} GB free, ` +
			'and, if the database driver has to be compiled, that Python, make and a C++ compiler are installed. ' +
			`npm's last output:\n${output.join('').split('\n').slice(-15).join('\n')}`,
	);
}

function freeBytes(folder: string): number {
	const { bavail, bsize } = statfsSync(folder);
	return bavail * bsize;
}

/**
 * Takes the lock of a folder, and waits while another process holds it. Returns what releases it. A process
 * that ends releases its own; the lock of a killed one is taken over after a minute. Throws what the file
 * system says where there can be no lock.
 */
export async function lock(folder: string): Promise<() => Promise<void>> {
	const settings = { lockfilePath: join(folder, 'installing.lock'), stale: 60_000 };
	for (let tries = 0; ; tries++) {
		try {
			return await lockfile.lock(folder, settings);
		} catch (error) {
			if (!isHeld(error)) throw error;
		}
		if (tries % 15 === 0) console.log('Another process is installing n8n; waiting for it …');
		await sleep(1000);
	}
}

function isHeld(error: unknown): boolean {
	return error instanceof Error && 'code' in error && error.code === 'ELOCKED';
}
