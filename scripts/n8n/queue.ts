import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { N8nClient } from './client';
import { startGuard } from './guard';
import { freePort, installPackage, launch, settings, type N8nProcess } from './process';
import {
	assertServices,
	postgresAccount,
	startPostgres,
	startRedis,
	type Service,
} from './services';

/** How an n8n in queue mode is started. */
export interface QueueOptions {
	/** The packed package, installed as a community package in the main and in each worker. */
	tarball: string;
	/** How many workers there are, 2 unless said. */
	workers?: number;
	/** More settings, for the main and all workers. */
	env?: Record<string, string>;
}

/** A running worker. */
export interface RunningWorker {
	/** Everything it has printed so far. */
	log: () => string;
	/** Ends it; with SIGKILL as a crash does. It is not started again by itself. */
	kill: (signal?: NodeJS.Signals) => Promise<void>;
}

/**
 * Starts an n8n in queue mode on loopback and logs its owner in: a main, workers, and their own Redis and
 * PostgreSQL. Manual executions run on workers, too. Throws where Redis or PostgreSQL is not installed, or
 * with the last words of what doesn't start; nothing is left running then.
 */
export async function startQueue({
	tarball,
	workers = 2,
	env,
}: QueueOptions): Promise<RunningQueue> {
	assertServices();
	const queue = new RunningQueue(tarball, workers, await freePort());
	try {
		await queue.startServices(env);
		await queue.boot();
	} catch (error) {
		await queue.stop();
		throw error;
	}
	return queue;
}

/** An n8n in queue mode, with its owner logged in. */
export class RunningQueue {
	/** Where the main listens, across restarts. */
	readonly url: string;
	readonly client: N8nClient;
	/** The workers that run now. */
	readonly workers: RunningWorker[] = [];

	private readonly folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-queue-'));
	private readonly guard = startGuard(this.folder);
	private readonly services: Service[] = [];
	private readonly processes: N8nProcess[] = [];
	private main: N8nProcess | null = null;
	private shared: Record<string, string> = {};
	private isStopped = false;

	constructor(
		private readonly tarball: string,
		private readonly workerCount: number,
		private readonly port: number,
	) {
		this.url = `http://127.0.0.1:${port}`;
		this.client = new N8nClient(this.url);
		// PostgreSQL may run as another user, who has to get to its folder in here.
		chmodSync(this.folder, 0o711);
	}

	/** Starts Redis and PostgreSQL; main and workers will have these settings beside the usual. */
	async startServices(env: Record<string, string> = {}): Promise<void> {
		const redis = this.keep(await startRedis());
		const postgres = this.keep(await startPostgres(join(this.folder, 'postgres')));
		this.shared = { ...queueSettings(redis, postgres), ...env };
	}

	/** Starts the main where none runs, and as many workers as are missing; `env` is for this time only. */
	async boot(env: Record<string, string> = {}): Promise<void> {
		if (this.main === null) {
			this.main = await this.start('start', 'main', env);
			await this.client.login();
		}
		const missing = Array.from({ length: this.workerCount - this.workers.length });
		const starts = await Promise.allSettled(missing.map(async () => await this.startWorker(env)));
		const failed = starts.find((start) => start.status === 'rejected');
		if (failed) throw failed.reason;
	}

	/** Starts one more worker, as a new container would be: with nothing of an earlier one. */
	async startWorker(env: Record<string, string> = {}): Promise<RunningWorker> {
		const { log, end } = await this.start('worker', `worker-${randomUUID()}`, env);
		const worker: RunningWorker = {
			log,
			kill: async (signal) => {
				const position = this.workers.indexOf(worker);
				if (position >= 0) this.workers.splice(position, 1);
				await end(signal);
			},
		};
		this.workers.push(worker);
		return worker;
	}

	/** Ends the main and all workers, with SIGTERM unless another signal is named; Redis, PostgreSQL and all data stay. */
	async shutDown(signal?: NodeJS.Signals): Promise<void> {
		const workers = this.workers.map(async ({ kill }) => await kill(signal));
		await Promise.all([this.main?.end(signal), ...workers]);
		this.main = null;
	}

	/** Everything that main and workers have printed so far, those that have ended included. */
	log(): string {
		return this.processes.map(({ log }) => log()).join('\n');
	}

	/** Ends everything and removes all data. */
	async stop(): Promise<void> {
		this.isStopped = true;
		// No data is kept, so nobody waits for a graceful end.
		await Promise.all(this.processes.map(async ({ end }) => await end('SIGKILL')));
		await Promise.all(this.services.map(async (service) => await service.stop()));
		await this.guard.end();
	}

	private async start(
		command: 'start' | 'worker',
		name: string,
		env: Record<string, string>,
	): Promise<N8nProcess> {
		const userFolder = join(this.folder, name);
		installPackage(this.tarball, userFolder);
		const healthPort = await freePort();
		const all = {
			...(await settings(userFolder, this.port)),
			...this.shared,
			...env,
			...(command === 'worker' && { QUEUE_HEALTH_CHECK_PORT: String(healthPort) }),
		};
		if (this.isStopped) throw new Error('this n8n was stopped while it started');
		const readyAt = command === 'start' ? this.url : `http://127.0.0.1:${healthPort}`;
		const n8n = await launch({ command, readyAt, env: all });
		this.guard.watch(n8n.process);
		this.processes.push(n8n);
		await n8n.ready;
		return n8n;
	}

	private keep(service: Service): Service {
		this.guard.watch(service.process);
		this.services.push(service);
		return service;
	}
}

/** What main and workers have in common. */
function queueSettings(redis: Service, postgres: Service): Record<string, string> {
	return {
		EXECUTIONS_MODE: 'queue',
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		N8N_ENCRYPTION_KEY: 'n8n-nodes-runflow',
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redis.port),
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: '127.0.0.1',
		DB_POSTGRESDB_PORT: String(postgres.port),
		DB_POSTGRESDB_USER: postgresAccount.user,
		DB_POSTGRESDB_DATABASE: postgresAccount.database,
	};
}
