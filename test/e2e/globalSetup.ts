import { packPackage } from '../../scripts/n8n/package';
import { startN8n, type RunningN8n } from '../../scripts/n8n/process';

declare global {
	// Jest's set-up and teardown share nothing but the global object.
	var runningN8n: RunningN8n | undefined;
}

/** Packs the package, installs it into a new n8n as a user would, and starts that n8n for all e2e tests. */
export default async function globalSetup(): Promise<void> {
	const tarball = packPackage();
	globalThis.runningN8n = await startN8n({ tarball });
	process.env.E2E_TARBALL = tarball;
	process.env.E2E_N8N_SESSION = globalThis.runningN8n.client.session;
	process.env.E2E_N8N_URL = globalThis.runningN8n.url;
}
