import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from './process';

/** A private server on loopback. */
export interface Service {
	port: number;
	/** Its process, another one after each start. */
	process: () => ChildProcess;
	/** Ends it; resolves once its process is gone. */
	stop: () => Promise<void>;
	/** Starts it again, at the same port and with its data. Throws with its last words when it doesn't start. */
	start: () => Promise<void>;
}

/** The superuser and the database that a private PostgreSQL has from the start. */
export const postgresAccount = { user: 'n8n', database: 'postgres' };

const debianPostgres = '/usr/lib/postgresql';
const readyTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

/** Returns the Debian packages that must be installed before Redis and PostgreSQL can be started; none where all is there. */
export function missingServices(): string[] {
	return [
		...(folderOf('redis-server') === null ? ['redis-server'] : []),
		...(folderOf('initdb', 'postgres') === null ? ['postgresql'] : []),
	];
}

/** Returns what a person has to do to get these packages. */
export function howToInstall(packages: string[]): string {
	return `n8n's queue mode needs Redis and PostgreSQL, and this machine lacks: ${packages.join(', ')}. Install with: apt-get install ${packages.join(' ')}`;
}

/** Throws, saying what to install, where Redis or PostgreSQL is missing. */
export function assertServices(): void {
	const missing = missingServices();
	if (missing.length > 0) throw new Error(howToInstall(missing));
}

/** Starts a Redis with its data in the folder, which it creates. Throws with its last words when it doesn't start. */
export async function startRedis(folder: string): Promise<Service> {
	const programs = installed('redis-server');
	mkdirSync(folder);
	const port = await freePort();
	const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes'];
	return await serve(join(programs, 'redis-server'), args, port, 'SIGTERM', { cwd: folder });
}

/**
 * Starts a PostgreSQL with its data in the folder, which it creates; `postgresAccount` gets in without
 * a password. It refuses to run as root, so root starts it as Debian's user 'postgres', who must be
 * able to enter the folder's parent. Throws with its last words when it doesn't start.
 */
export async function startPostgres(folder: string): Promise<Service> {
	const programs = installed('initdb', 'postgres');
	const account = unprivileged();
	mkdirSync(folder);
	chmodSync(folder, 0o700);
	if (account) chownSync(folder, account.uid, account.gid);

	const env = { ...process.env, LC_ALL: 'C' };
	const data = join(folder, 'data');
	const { user } = postgresAccount;
	execFileSync(
		join(programs, 'initdb'),
		['-D', data, '-U', user, '--auth=trust', '--encoding=UTF8', '--no-sync'],
		{ ...account, env, cwd: folder, stdio: 'pipe' },
	);
	const port = await freePort();
	const args = ['-D', data, '-k', folder, '-h', '127.0.0.1', '-p', String(port), '-F'];
	// SIGINT: an end without waiting for clients.
	return await serve(join(programs, 'postgres'), args, port, 'SIGINT', {
		...account,
		env,
		cwd: folder,
	});
}

/** Debian's user of PostgreSQL where this is root; null where it can run as whoever this is. */
function unprivileged(): { uid: number; gid: number } | null {
	if (process.getuid?.() !== 0) return null;
	const idOf = (flag: string) =>
		Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: 'pipe' }));
	return { uid: idOf('-u'), gid: idOf('-g') };
}

type ServiceOptions = { uid?: number; gid?: number; env?: NodeJS.ProcessEnv; cwd?: string };

async function serve(
	file: string,
	args: string[],
	port: number,
	signal: NodeJS.Signals,
	options: ServiceOptions,
): Promise<Service> {
	let running = await start(file, args, options);
	return {
		port,
		process: () => running.child,
		stop: async () => {
			running.child.kill(signal);
			const killer = setTimeout(() => running.child.kill('SIGKILL'), stopTimeoutMs);
			await running.ended;
			clearTimeout(killer);
		},
		start: async () => {
			running = await start(file, args, options);
		},
	};
}

async function start(file: string, args: string[], options: ServiceOptions) {
	const child = spawn(file, args, options);
	const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
	let output = '';
	const isReady = await new Promise<boolean>((resolve) => {
		const read = (text: unknown) => {
			output = `${output}${String(text)}`.slice(-5000);
			if (/ready to accept connections/i.test(output)) resolve(true);
		};
		child.stdout.on('data', read);
		child.stderr.on('data', read);
		child.once('error', (error) => read(error.message));
		void ended.then(() => resolve(false));
		void sleep(readyTimeoutMs, false, { ref: false }).then(resolve);
	});
	if (!isReady) {
		child.kill('SIGKILL');
		throw new Error(`${file} did not start. Its last words:\n${output}`);
	}
	return { child, ended };
}

function installed(...programs: string[]): string {
	const folder = folderOf(...programs);
	if (folder === null) throw new Error(howToInstall(missingServices()));
	return folder;
}

/** The folder that holds all of these; Debian keeps PostgreSQL's, one for each version, where no PATH looks. */
function folderOf(...programs: string[]): string | null {
	const versions = existsSync(debianPostgres) ? readdirSync(debianPostgres) : [];
	const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
	const folders = [
		...(process.env.PATH ?? '').split(delimiter),
		...newestFirst.map((version) => join(debianPostgres, version, 'bin')),
	];
	const holdsAll = (folder: string) => programs.every((name) => existsSync(join(folder, name)));
	return folders.find(holdsAll) ?? null;
}
