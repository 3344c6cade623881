import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { N8nClient } from './client';
import { startGuard } from './guard';
import {
	freePort,
	installPackage,
	isReady,
	launch,
	settings,
	type Launch,
	type N8nProcess,
} from './process';
import { startProxy, type Proxy } from './proxy';
import { queueSettings } from './queueSettings';
import { assertServices, startPostgres, startRedis, type Service } from './services';

/** How an n8n in queue mode is started. */
export interface QueueOptions {
	/** The packed package, installed as a community package in each process. */
	tarball: string;
	/** How many workers there are, 2 unless said. */
	workers?: number;
	/** How many webhook processes there are, 1 unless said. */
	webhooks?: number;
	/** More settings, for all processes. */
	env?: Record<string, string>;
}

/** A running process of an n8n in queue mode. */
export interface RunningProcess {
	/** Its process id, for reading what it uses. */
	pid: number | undefined;
	/** Everything it has printed so far. */
	log: () => string;
	/** Whether it is ready for work, with its database at hand. */
	isReady: () => Promise<boolean>;
	/** Ends it; with SIGKILL as a crash does. It is not started again by itself. */
	kill: (signal?: NodeJS.Signals) => Promise<void>;
}

const backTimeoutMs = 60_000;

/**
 * Starts an n8n in queue mode on loopback and logs its owner in: a main, webhook processes and workers
 * behind a proxy, with their own Redis and PostgreSQL. Manual executions run on workers, too. Throws where
 * Redis or PostgreSQL is not installed, or with the last words of what doesn't start; nothing is left
 * running then.
 */
export async function startQueue(options: QueueOptions): Promise<RunningQueue> {
	assertServices();
	const { webhooks = 1, workers = 2 } = options;
	const port = await freePort();
	const webhookPorts = await Promise.all(Array.from({ length: webhooks }, freePort));
	const proxy = await startProxy({ main: port, webhooks: webhookPorts });
	const queue = new RunningQueue(options.tarball, proxy, { port, webhookPorts, workers });
	try {
		await queue.startServices(options.env);
		await queue.boot();
	} catch (error) {
		await queue.stop();
		throw error;
	}
	return queue;
}

/** An n8n in queue mode, with its owner logged in. */
export class RunningQueue {
	/** Where the proxy listens, across restarts. */
	readonly url: string;
	readonly client: N8nClient;
	/** The processes that run now; there is one main at most. */
	readonly mains: RunningProcess[] = [];
	readonly webhooks: RunningProcess[] = [];
	readonly workers: RunningProcess[] = [];
	/** A folder that all processes can use. */
	readonly folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-queue-'));

	private readonly guard = startGuard(this.folder);
	private readonly services = new Map<'postgres' | 'redis', Service>();
	private readonly processes: N8nProcess[] = [];
	private readonly usedPorts = new Set<number>();
	private shared: Record<string, string> = {};
	private isStopped = false;

	constructor(
		private readonly tarball: string,
		private readonly proxy: Proxy,
		private readonly parts: { port: number; webhookPorts: number[]; workers: number },
	) {
		this.url = proxy.url;
		this.client = new N8nClient(this.url);
		// PostgreSQL may run as another user, who has to get to its folder in here.
		chmodSync(this.folder, 0o711);
	}

	/** Starts Redis and PostgreSQL; all processes will have these settings beside the usual. */
	async startServices(env: Record<string, string> = {}): Promise<void> {
		const redis = this.keep('redis', await startRedis(join(this.folder, 'redis')));
		const postgres = this.keep('postgres', await startPostgres(join(this.folder, 'postgres')));
		const ports = { redis: redis.port, postgres: postgres.port };
		this.shared = { ...queueSettings(ports), WEBHOOK_URL: `${this.url}/`, ...env };
	}

	/** Starts whatever is missing of main, webhook processes and workers; `env` is for this time only. */
	async boot(env: Record<string, string> = {}): Promise<void> {
		const { port, webhookPorts, workers } = this.parts;
		if (this.mains.length === 0) {
			await this.start(this.mains, 'start', port, env);
			if (this.client.session === '') await this.client.login();
		}
		const missing = Array.from({ length: workers - this.workers.length });
		const free = webhookPorts.filter((webhookPort) => !this.usedPorts.has(webhookPort));
		const starts = await Promise.allSettled([
			...free.map(async (own) => await this.start(this.webhooks, 'webhook', own, env)),
			...missing.map(async () => await this.start(this.workers, 'worker', await freePort(), env)),
		]);
		const failed = starts.find((start) => start.status === 'rejected');
		if (failed) throw failed.reason;
	}

	/**
	 * Ends Redis or PostgreSQL, and starts it again with its data after `downMs`. Resolves once all processes
	 * are ready again; throws where one isn't within a minute.
	 */
	async restart(name: 'postgres' | 'redis', downMs: number): Promise<void> {
		const service = this.services.get(name);
		if (!service) throw new Error(`${name} does not run`);
		await service.stop();
		await sleep(downMs);
		await service.start();
		this.guard.watch(service.process());
		const deadline = Date.now() + backTimeoutMs;
		for (const process of [...this.mains, ...this.webhooks, ...this.workers]) {
			while (!(await process.isReady())) {
				if (Date.now() > deadline) throw new Error(`n8n doesn't come back:\n${process.log()}`);
				await sleep(100);
			}
		}
	}

	/** Ends all n8n processes, with SIGTERM unless another signal is named; Redis, PostgreSQL and all data stay. */
	async shutDown(signal?: NodeJS.Signals): Promise<void> {
		const running = [...this.mains, ...this.webhooks, ...this.workers];
		await Promise.all(running.map(async ({ kill }) => await kill(signal)));
	}

	/** Everything that the n8n processes have printed so far, those that have ended included. */
	log(): string {
		return this.processes.map(({ log }) => log()).join('\n');
	}

	/** Ends everything and removes all data. */
	async stop(): Promise<void> {
		this.isStopped = true;
		// No data is kept, so nobody waits for a graceful end.
		await Promise.all(this.processes.map(async ({ end }) => await end('SIGKILL')));
		await this.proxy.close();
		await Promise.all([...this.services.values()].map(async (service) => await service.stop()));
		await this.guard.end();
	}

	/** Starts a process as a new container would be: with nothing of an earlier one but a main's folder. */
	private async start(
		running: RunningProcess[],
		command: Launch['command'],
		port: number,
		env: Record<string, string>,
	): Promise<void> {
		const name = command === 'start' ? 'main' : `${command}-${randomUUID()}`;
		const userFolder = join(this.folder, name);
		installPackage(this.tarball, userFolder);
		const all = {
			...(await settings(userFolder, port)),
			...this.shared,
			...env,
			...(command === 'worker' && {
				QUEUE_HEALTH_CHECK_PORT: String(port),
				N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
			}),
		};
		if (this.isStopped) throw new Error('this n8n was stopped while it started');
		this.usedPorts.add(port);
		const readyAt = `http://127.0.0.1:${port}`;
		const n8n = await launch({ command, readyAt, env: all });
		this.guard.watch(n8n.process);
		this.processes.push(n8n);
		const started: RunningProcess = {
			pid: n8n.process.pid,
			log: n8n.log,
			isReady: async () => await isReady(readyAt),
			kill: async (signal) => {
				const position = running.indexOf(started);
				if (position >= 0) running.splice(position, 1);
				await n8n.end(signal);
				this.usedPorts.delete(port);
			},
		};
		running.push(started);
		await n8n.ready;
	}

	private keep(name: 'postgres' | 'redis', service: Service): Service {
		this.guard.watch(service.process());
		this.services.set(name, service);
		return service;
	}
}
