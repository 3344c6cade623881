import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Slots } from '../runflow/slots';
import { packPackage } from '../scripts/n8n/package';
import { startN8n, type RunningN8n } from '../scripts/n8n/process';
import { postgresAccount, startPostgres } from '../scripts/n8n/services';
import { startSimulator, type Simulator } from '../simulator/simulator';
import { chain } from './n8n';

const executions = 200;
const asleepMs = 600_000;

/** Long enough to start all executions and to leave them asleep for the time measured. */
const runTimeMs = asleepMs + 480_000;

/** The last ring of the alarms comes this long after a suspension, in seconds, at the latest. */
const timeoutSeconds = 1500;

const clockTicksPerSecond = 100;

/** One n8n on a PostgreSQL of its own, which counts what is written. */
interface Measured {
	n8n: RunningN8n;
	query: (sql: string) => string;
	stop: () => Promise<void>;
}

async function start(tarball: string, env: Record<string, string>): Promise<Measured> {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-bench-'));
	chmodSync(folder, 0o755);
	const postgres = await startPostgres(join(folder, 'postgres'));
	const { user, database } = postgresAccount;
	const n8n = await startN8n({
		tarball,
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

/** What an n8n has used since it started: seconds of CPU, and rows written. */
function used({ n8n, query }: Measured): { cpu: number; rows: number } {
	const stat = readFileSync(`/proc/${n8n.process.pid}/stat`, 'utf8');
	const [, ...fields] = stat.slice(stat.lastIndexOf(')')).split(' ');
	const ticks = Number(fields[11]) + Number(fields[12]);
	const written = query('select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables');
	return { cpu: ticks / clockTicksPerSecond, rows: Number(written) };
}

const waiting = ({ query }: Measured) =>
	Number(query("select count(*) from execution_entity where status = 'waiting'"));

async function suspendAll(
	{ n8n }: Measured,
	simulator: Simulator,
	timeout: number,
): Promise<string[]> {
	const credentialId = await n8n.client.createCredential({
		apiKey: 'rf_live_bench',
		baseUrl: simulator.url,
		organizationId: '',
		signingSecrets: '',
	});
	const parameters = {
		prompt: '={{ $json.prompt }}',
		completion: 'suspend',
		options: { timeout },
	};
	const node = { name: 'GPT Image 2', type: 'n8n-nodes-runflow.gptImage2', typeVersion: 1 };
	const workflow = chain('suspended', 1, [{ ...node, parameters }]);
	const id = await n8n.client.createWorkflow(workflow, credentialId);
	const slots = new Slots(4);
	return await Promise.all(
		Array.from({ length: executions }, async () =>
			slots.use(async () => await n8n.client.execute(id, 'Start')),
		),
	);
}

/** What executions that are suspended for ten minutes cost, on an n8n of their own. */
async function measure(name: string, measured: Measured, simulator: Simulator, isIdle: boolean) {
	const before = used(measured);
	const ids = isIdle ? [] : await suspendAll(measured, simulator, timeoutSeconds);
	const isSuspended = () => simulator.runs.length >= ids.length && waiting(measured) >= ids.length;
	while (!isSuspended()) await sleep(1_000);
	await sleep(15_000);
	const asleep = used(measured);
	await sleep(asleepMs);
	const after = used(measured);

	let withImage = 0;
	for (const id of ids) {
		const { data } = await measured.n8n.client.finished(id, runTimeMs);
		const items = data.resultData.runData['GPT Image 2']?.[0]?.data?.main?.[0] ?? [];
		if (items[0]?.binary) withImage += 1;
	}
	const awake = used(measured);
	const started = before.cpu;
	const deadline = Date.now() + timeoutSeconds * 1000;
	while (waiting(measured) > 0 && Date.now() < deadline) await sleep(5_000);
	return {
		name,
		'suspending (s of CPU)': (asleep.cpu - started).toFixed(1),
		'rows written': asleep.rows - before.rows,
		'asleep for 10 minutes (s of CPU)': (after.cpu - asleep.cpu).toFixed(1),
		'rows written asleep': after.rows - asleep.rows,
		'waking (s of CPU)': (awake.cpu - after.cpu).toFixed(1),
		'with image': `${withImage} of ${ids.length}`,
		'runs paid': simulator.runs.length,
		'left waiting': waiting(measured),
	};
}

/** Runs with and without alarms, and an n8n that does nothing, all at the same time. */
async function main(): Promise<void> {
	const tarball = packPackage();
	const withoutAlarms = { NODES_EXCLUDE: '["n8n-nodes-base.executeWorkflowTrigger"]' };
	const cases = [
		{ name: 'with alarms', env: {}, isIdle: false },
		{ name: 'without alarms', env: withoutAlarms, isIdle: false },
		{ name: 'n8n alone', env: {}, isIdle: true },
	];
	const rows = await Promise.all(
		cases.map(async ({ name, env, isIdle }) => {
			const simulator = await startSimulator({ runTime: runTimeMs });
			const measured = await start(tarball, env);
			try {
				return await measure(name, measured, simulator, isIdle);
			} finally {
				await measured.stop();
				await simulator.close();
			}
		}),
	);
	console.table(rows);
}

void main();
