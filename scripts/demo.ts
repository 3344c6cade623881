import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { startSimulator } from '../simulator/simulator';
import { owner, type ExportedWorkflow, type N8nClient } from './n8n/client';
import { packPackage } from './n8n/package';
import { freePort, isFree, packageFolder, startN8n } from './n8n/process';

const examples = join(__dirname, '..', 'examples');
const firstExample = 'first-pictures.json';
const usualPort = 5678;
const simulatorSpeed = 5;

/**
 * Starts everything needed to try the package, until Ctrl+C. With `reload`, n8n reloads the package
 * whenever its code changes.
 */
async function demo(reload: boolean): Promise<void> {
	console.log('Building the package …');
	const tarball = packPackage();
	const api = await startApi();
	console.log('Starting n8n …');
	const port = (await isFree(usualPort)) ? usualPort : await freePort();
	const env: Record<string, string> = reload ? { N8N_DEV_RELOAD: 'true' } : {};
	const n8n = await startN8n({ tarball, port, env });
	if (reload) buildOnChange(packageFolder(n8n.userFolder));

	const credentialId = await n8n.client.createCredential({
		apiKey: api.apiKey,
		baseUrl: api.baseUrl,
		organizationId: '',
		signingSecrets: '',
	});
	const first = await importExamples(n8n.client, credentialId);
	console.log(`
Ready: ${n8n.url}/workflow/${first}

  Log in with   ${owner.email}
  and password  ${owner.password}

Then press 'Execute workflow'. ${api.note}
${reload ? 'Save a file in nodes/, credentials/ or runflow/, and reload the editor to see the change.\n' : ''}Press Ctrl+C to stop; nothing is kept.
`);

	let stopping = false;
	const stop = async () => {
		if (stopping) return;
		stopping = true;
		console.log('\nStopping …');
		await n8n.stop();
		await api.close();
		process.exit(0);
	};
	// One Ctrl+C arrives twice, from the terminal and from the program that started this one.
	process.on('SIGINT', () => void stop());
	process.on('SIGTERM', () => void stop());
}

/** Builds the package into that folder whenever its code changes, until this program ends. */
function buildOnChange(folder: string): void {
	const root = join(__dirname, '..');
	const gulp = join(root, 'node_modules', 'gulp', 'bin', 'gulp.js');
	const child = spawn(process.execPath, [gulp, '--silent', 'watch'], {
		cwd: root,
		env: { ...process.env, RUNFLOW_DEV_FOLDER: folder },
		stdio: ['ignore', 'inherit', 'inherit'],
	});
	process.once('exit', () => child.kill());
}

/** The real API if there is a key for it, else a simulated one. */
async function startApi() {
	const apiKey = process.env.RUNFLOW_API_KEY;
	if (apiKey) {
		return {
			apiKey,
			baseUrl: process.env.RUNFLOW_BASE_URL ?? 'https://api.runflow.io',
			note: 'This uses your Runflow account: you pay for every image.',
			close: async () => {},
		};
	}
	const simulator = await startSimulator({ speed: simulatorSpeed });
	return {
		apiKey: 'rf_live_simulator',
		baseUrl: simulator.url,
		note: `Runflow is simulated at ${simulator.url}: images cost nothing. For real images, set RUNFLOW_API_KEY.`,
		close: simulator.close,
	};
}

/** Imports every example and returns the id of the one to open. */
async function importExamples(client: N8nClient, credentialId: string): Promise<string> {
	let first = '';
	for (const file of readdirSync(examples)
		.filter((name) => name.endsWith('.json'))
		.sort()) {
		const workflow = JSON.parse(readFileSync(join(examples, file), 'utf8')) as ExportedWorkflow;
		const id = await client.createWorkflow(workflow, credentialId);
		if (file === firstExample) first = id;
	}
	return first;
}

demo(process.argv.includes('--dev')).catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
});
