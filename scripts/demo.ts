import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { startScriptedModel } from '../simulator/scriptedModel';
import { startSimulator } from '../simulator/simulator';
import { importExamples, introduce } from './demoExamples';
import { answerInDemo } from './demoModel';
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
	const model = await startScriptedModel(answerInDemo);
	const imported = await importExamples(n8n.client, {
		credentialId,
		chatCredentialId: await createChatCredential(n8n.client, model.url),
		callbacksAt: api.isSimulated ? n8n.url : null,
	});
	const [first, ...others] = imported;
	console.log(`
Open first: ${n8n.url}/workflow/${first?.id}

  Log in with   ${owner.email}
  and password  ${owner.password}

Then press 'Execute workflow'. ${api.note}

Then try these:
${others.map((example) => introduce(example, n8n.url)).join('\n')}

The agents talk to a model that only plays its part: it draws, edits, and rewords. For a real one, change the credential 'Chat model'.
${api.isSimulated ? '' : "'Fire and collect' needs an n8n that can be reached from the internet, and the URL that its note tells you to paste.\n"}${reload ? 'Save a file in nodes/, credentials/ or runflow/, and reload the editor to see the change.\n' : ''}Press Ctrl+C to stop; nothing is kept.
`);

	let stopping = false;
	const stop = async () => {
		if (stopping) return;
		stopping = true;
		console.log('\nStopping …');
		await n8n.stop();
		await model.close();
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
			isSimulated: false,
			note: 'This uses your Runflow account: you pay for every image.',
			close: async () => {},
		};
	}
	const simulator = await startSimulator({ speed: simulatorSpeed });
	simulator.misbehave({ do: 'refuse-prompt', match: 'superhero', times: 0 });
	return {
		isSimulated: true,
		apiKey: 'rf_live_simulator',
		baseUrl: simulator.url,
		note: `Runflow is simulated at ${simulator.url}: images cost nothing. For real images, set RUNFLOW_API_KEY.`,
		close: simulator.close,
	};
}

/** Saves a credential for the chat model at that URL, and returns its id. */
async function createChatCredential(client: N8nClient, url: string): Promise<string> {
	const { id } = await client.send<{ id: string }>('POST', '/rest/credentials', {
		name: 'Chat model',
		type: 'openAiApi',
		data: { apiKey: 'scripted', url: `${url}/v1` },
	});
	return id;
}

demo(process.argv.includes('--dev')).catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exit(1);
});
