import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { startSimulator } from '../simulator/simulator';
import { examples, readExample } from './examples';
import type { N8nClient } from './n8n/client';
import { owner } from './n8n/session';
import { packPackage } from './n8n/package';
import { freePort, isFree, packageFolder, startN8n } from './n8n/process';

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
	const imported = await importExamples(n8n.client, credentialId);
	const [first, ...others] = imported;
	console.log(`
Open first: ${n8n.url}/workflow/${first?.id}

  Log in with   ${owner.email}
  and password  ${owner.password}

Then press 'Execute workflow'. ${api.note}

Then try these:
${others.map((example) => introduce(example, n8n.url)).join('\n')}

The agent needs a chat model of yours, and 'Fire and collect' a URL that its note tells you to paste.
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

interface ImportedExample {
	id: string;
	/** The workflow's name. */
	title: string;
	account?: string;
	form?: string;
}

/**
 * Imports every example with its tag, and publishes those with a web form, so that the form's address works,
 * unless n8n asks for a credential of another service first.
 * The last one goes first, because n8n lists the newest on top.
 */
async function importExamples(client: N8nClient, credentialId: string): Promise<ImportedExample[]> {
	const tags = new Map<string, string>();
	const imported: ImportedExample[] = [];
	for (const { name, tag, account, form } of [...examples].reverse()) {
		const tagId = tags.get(tag) ?? (await client.createTag(tag));
		tags.set(tag, tagId);
		const workflow = readExample(name);
		const id = await client.createWorkflow({ ...workflow, tags: [tagId] }, credentialId);
		if (form !== undefined && account === undefined) await client.activate(id);
		imported.unshift({ id, title: workflow.name, account, form });
	}
	return imported;
}

/** Lines on an example: what it needs, and its form where that works, else its place in the editor. */
function introduce({ id, title, account, form }: ImportedExample, url: string): string {
	if (account !== undefined) return `  ${title} (needs ${account})\n    ${url}/workflow/${id}`;
	return `  ${title}\n    ${form === undefined ? `${url}/workflow/${id}` : `${url}/form/${form}`}`;
}

demo(process.argv.includes('--dev')).catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
});
