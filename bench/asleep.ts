import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Slots } from '../runflow/slots';
import { startN8n, type RunningN8n } from '../scripts/n8n/process';
import { postgresAccount, startPostgres } from '../scripts/n8n/services';
import { startSimulator, type Simulator } from '../simulator/simulator';
import { createCredential, noAlarms, tarball } from './n8n';
import { whole, type Figures, type Options } from './report';
import { cpuMs } from './usage';
import { gptImage2, prompts, workflowOf } from './workflows';

/** How long an execution may take to start and be suspended, where three n8ns share two cores. */
const startMs = 600;

/** By how many seconds the node's timeout exceeds the duration of its run. */
const spareSeconds = 420;

/**
 * How long the counters rest after the last suspension, and how long before the first run's end they are
 * read.
 */
const restMs = 15_000;
const beforeEndMs = 2_000;

/** How long an execution may take to wake if all of them wake at once. */
const wakeMs = 2500;

/** One n8n on a PostgreSQL of its own, which counts what is written. */
interface Measured {
	n8n: RunningN8n;
	query: (sql: string) => string;
	stop: () => Promise<void>;
}

interface Result {
	name: string;
	suspendingMs: number;
	asleepMs: number;
	rowsAsleep: number;
	wakingMs: number;
	images: number;
	runs: number;
	left: number;
}

/**
 * What the alarm of every suspended execution costs: with alarms, without, and n8n alone, all at the same
 * time.
 */
export async function asleep(options: Options): Promise<Figures[]> {
	const cases = [
		{ name: 'with alarms', env: {}, executions: options.executions },
		{ name: 'without alarms', env: noAlarms, executions: options.executions },
		{ name: 'n8n alone', env: {}, executions: 0 },
	];
	tarball();
	const runTimeMs = options.executions * startMs + options.minutes * 60_000 + 3 * restMs;
	const results = await Promise.all(
		cases.map(async ({ name, env, executions }) => {
			const simulator = await startSimulator({ runTime: runTimeMs, samePicture: true });
			const measured = await start(env);
			try {
				return await measure(name, measured, simulator, { ...options, executions }, runTimeMs);
			} finally {
				await measured.stop();
				await simulator.close();
			}
		}),
	);
	const [withAlarms, withoutAlarms, alone] = results.map(({ asleepMs }) => asleepMs);
	const eachMs = (more = NaN, less = NaN) => ((more - less) / options.executions).toFixed(1);
	const rows = results.map((result) => ({
		n8n: result.name,
		'CPU while suspending': `${(result.suspendingMs / 1000).toFixed(1)} s`,
		[`CPU asleep, ${options.minutes} minutes`]: `${(result.asleepMs / 1000).toFixed(1)} s`,
		'Rows written asleep': whole(result.rowsAsleep),
		'CPU while waking': `${(result.wakingMs / 1000).toFixed(1)} s`,
		'Images out': whole(result.images),
		'Runs paid': whole(result.runs),
		'Left waiting': whole(result.left),
	}));
	return [
		{
			title: `${whole(options.executions)} suspended executions of one image, asleep for ${options.minutes} minutes`,
			rows,
			meaning: `In those ${options.minutes} minutes an alarm takes ${eachMs(withAlarms, withoutAlarms)} ms of n8n's CPU; a suspended execution with its alarm takes ${eachMs(withAlarms, alone)} ms more than nothing at all.`,
		},
	];
}

async function start(env: Record<string, string>): Promise<Measured> {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-bench-'));
	chmodSync(folder, 0o755);
	const postgres = await startPostgres(join(folder, 'postgres'));
	const { user, database } = postgresAccount;
	const n8n = await startN8n({
		tarball: tarball(),
		env: {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_USER: user,
			DB_POSTGRESDB_DATABASE: database,
			...env,
		},
	});
	const address = ['-h', '127.0.0.1', '-p', String(postgres.port), '-U', user, '-d', database];
	return {
		n8n,
		query: (sql) => execFileSync('psql', [...address, '-Atc', sql], { encoding: 'utf8' }).trim(),
		stop: async () => {
			await n8n.stop();
			await postgres.stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** What an n8n has used since it started, and when that was: CPU time, and rows written. */
function used({ n8n, query }: Measured): { at: number; ms: number; rows: number } {
	const written = query('select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables');
	return { at: Date.now(), ms: cpuMs(n8n.process.pid), rows: Number(written) };
}

const waiting = ({ query }: Measured) =>
	Number(query("select count(*) from execution_entity where status = 'waiting'"));

async function suspendAll(
	{ n8n }: Measured,
	simulator: Simulator,
	executions: number,
	timeout: number,
): Promise<string[]> {
	const credentialId = await createCredential(n8n, simulator);
	const node = gptImage2({ completion: 'suspend', timeout });
	const workflow = workflowOf('suspended', [...prompts(1), node]);
	const id = await n8n.client.createWorkflow(workflow, credentialId);
	const slots = new Slots(4);
	return await Promise.all(
		Array.from({ length: executions }, async () =>
			slots.use(async () => await n8n.client.execute(id, 'Start')),
		),
	);
}

async function measure(
	name: string,
	measured: Measured,
	simulator: Simulator,
	{ executions, minutes }: Options,
	runTimeMs: number,
): Promise<Result> {
	const timeoutSeconds = Math.ceil(runTimeMs / 1000) + spareSeconds;
	const before = used(measured);
	const ids = await suspendAll(measured, simulator, executions, timeoutSeconds);
	const firstEnd = Math.min(...simulator.runs.map(({ endsAt }) => endsAt));
	const isSuspended = () => simulator.runs.length >= ids.length && waiting(measured) >= ids.length;
	while (!isSuspended()) {
		if (Date.now() > firstEnd) throw new Error('runs ended before all executions were suspended');
		await sleep(1_000);
	}
	await sleep(restMs);
	const suspended = used(measured);
	await sleep(minutes * 60_000);
	const after = used(measured);
	if (after.at > firstEnd)
		throw new Error('runs ended before the executions had slept long enough');
	if (Number.isFinite(firstEnd)) await sleep(Math.max(0, firstEnd - beforeEndMs - Date.now()));
	const stillAsleep = used(measured);

	let images = 0;
	for (const id of ids) {
		const { data } = await measured.n8n.client.finished(id, runTimeMs + executions * wakeMs);
		const items = data.resultData.runData['GPT Image 2']?.[0]?.data?.main?.[0] ?? [];
		if (items[0]?.binary) images += 1;
	}
	const awake = used(measured);
	const deadline = Date.now() + timeoutSeconds * 1000;
	while (waiting(measured) > 0 && Date.now() < deadline) await sleep(5_000);
	return {
		name,
		suspendingMs: suspended.ms - before.ms,
		asleepMs: after.ms - suspended.ms,
		rowsAsleep: after.rows - suspended.rows,
		wakingMs: awake.ms - stillAsleep.ms,
		images,
		runs: simulator.runs.length,
		left: waiting(measured),
	};
}
