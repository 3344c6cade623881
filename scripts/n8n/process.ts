import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ensureN8n } from './install';
import { N8nClient } from './client';
import { isAtLeast, n8nVersion } from './version';

/** How to start an n8n. */
export interface N8nOptions {
	/** The packed package, to install as a community package; without it, nothing is installed. */
	tarball?: string;
	/** The folder for n8n's data; without it, a temporary one is created. */
	userFolder?: string;
	port?: number;
	env?: Record<string, string>;
}

/** A running n8n, with its owner logged in. */
export interface RunningN8n {
	url: string;
	client: N8nClient;
	process: ChildProcess;
	userFolder: string;
	/** Everything it has printed so far. */
	log: () => string;
	/** Stops it; with `signal` SIGKILL, as a crash does. Removes the user folder unless `keep` is set. */
	stop: (how?: { signal?: NodeJS.Signals; keep?: boolean }) => Promise<void>;
}

const packageName = 'n8n-nodes-runflow';
const bootTimeoutMs = 180_000;

/** Starts a real n8n on loopback, with SQLite, and logs its owner in. */
export async function startN8n(options: N8nOptions = {}): Promise<RunningN8n> {
	const userFolder = options.userFolder ?? mkdtempSync(join(tmpdir(), 'n8n-runflow-'));
	if (options.tarball) installPackage(options.tarball, userFolder);
	const port = options.port ?? (await freePort());
	const url = `http://127.0.0.1:${port}`;

	const n8n = await launch({
		command: 'start',
		readyAt: url,
		env: { ...(await settings(userFolder, port)), ...options.env },
	});
	await n8n.ready;
	const client = new N8nClient(url);
	await client.login();
	return {
		url,
		client,
		process: n8n.process,
		userFolder,
		log: n8n.log,
		stop: async ({ signal, keep = false } = {}) => {
			await n8n.end(signal);
			if (!keep) rmSync(userFolder, { recursive: true, force: true, maxRetries: 5 });
		},
	};
}

/** How one n8n process is started. */
export interface Launch {
	/** `start` is a main, the others are processes of queue mode. */
	command: 'start' | 'webhook' | 'worker';
	/** Where it answers that it is ready, without path. */
	readyAt: string;
	env: Record<string, string>;
}

/** One n8n process. */
export interface N8nProcess {
	process: ChildProcess;
	/** Resolves once it is ready for work; rejects with its last words when it doesn't start. */
	ready: Promise<void>;
	/** Everything it has printed so far. */
	log: () => string;
	/** Ends it with SIGTERM unless another signal is named; resolves once it is gone. */
	end: (signal?: NodeJS.Signals) => Promise<void>;
}

/** Starts one n8n process; its `ready` has to be awaited. Throws where n8n can't be installed. */
export async function launch({ command, readyAt, env }: Launch): Promise<N8nProcess> {
	const installed = await ensureN8n();
	const output: string[] = [];
	const child = spawn(installed.node, [installed.n8n, command], {
		env: { ...process.env, ...env },
	});
	child.stdout.on('data', (text) => output.push(String(text)));
	child.stderr.on('data', (text) => output.push(String(text)));
	const log = () => output.join('');
	const kill = () => void child.kill('SIGKILL');
	process.once('exit', kill);
	const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	void ended.then(() => process.off('exit', kill));

	return {
		process: child,
		ready: waitUntilReady(readyAt, child, log),
		log,
		end: async (signal = 'SIGTERM') => {
			child.kill(signal);
			const killer = setTimeout(kill, 10_000);
			await ended;
			clearTimeout(killer);
		},
	};
}

/** Returns the settings of an n8n on loopback as environment variables; a worker of queue mode has the main's port. */
export async function settings(userFolder: string, port: number): Promise<Record<string, string>> {
	return {
		NODE_ENV: 'production',
		N8N_USER_FOLDER: userFolder,
		N8N_PORT: String(port),
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
		WEBHOOK_URL: `http://127.0.0.1:${port}/`,
		N8N_RUNNERS_BROKER_PORT: String(await freePort()),
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_SECURE_COOKIE: 'false',
		N8N_COMMUNITY_PACKAGES_ENABLED: 'true',
		// What n8n does by itself from 2.0 on.
		...(!isAtLeast(n8nVersion, '2.0') && {
			DB_SQLITE_POOL_SIZE: '3',
			N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
		}),
	};
}

/** The folder of this package in an n8n where a user installed it. */
export function packageFolder(userFolder: string): string {
	return join(userFolder, '.n8n', 'nodes', 'node_modules', packageName);
}

/** Puts a packed package where n8n puts one that a user installs. Throws where it can't be unpacked. */
export function installPackage(tarball: string, userFolder: string): void {
	const nodes = join(userFolder, '.n8n', 'nodes');
	const target = packageFolder(userFolder);
	rmSync(target, { recursive: true, force: true });
	mkdirSync(target, { recursive: true });
	writeFileSync(
		join(nodes, 'package.json'),
		'{ "name": "installed-nodes", "private": true, "dependencies": {} }\n',
	);
	execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1']);
}

async function waitUntilReady(url: string, child: ChildProcess, log: () => string): Promise<void> {
	const deadline = Date.now() + bootTimeoutMs;
	while (Date.now() < deadline && child.exitCode === null) {
		if (await isReady(url)) return;
		await sleep(250);
	}
	child.kill('SIGKILL');
	throw new Error(
		`n8n did not start. Its last output:\n${log().split('\n').slice(-30).join('\n')}`,
	);
}

/** Whether the n8n process at that URL is ready for work. */
export async function isReady(url: string): Promise<boolean> {
	const answer = await fetch(`${url}/healthz/readiness`).catch(() => null);
	return answer?.status === 200;
}

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
	const port = await listenOnce(0);
	if (port === null) throw new Error('this machine has no free port');
	return port;
}

/** Whether nothing listens on that port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
	return (await listenOnce(port)) !== null;
}

async function listenOnce(port: number): Promise<number | null> {
	return await new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(null));
		server.listen(port, '127.0.0.1', () => {
			const address = server.address();
			server.close(() => resolve(typeof address === 'object' && address ? address.port : null));
		});
	});
}
