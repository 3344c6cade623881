import { packPackage } from '../scripts/n8n/package';
import { startN8n, type N8nOptions, type RunningN8n } from '../scripts/n8n/process';
import { startSimulator, type Simulator } from '../simulator/simulator';

export const apiKey = 'rf_live_bench';

/** What every benchmark runs on: one n8n with the package, one simulator, one credential. */
export interface Bench {
	n8n: RunningN8n;
	simulator: Simulator;
	credentialId: string;
}

/** Makes n8n start no alarms, because it then lacks the node that sub-executions begin with. */
export const noAlarms = { NODES_EXCLUDE: '["n8n-nodes-base.executeWorkflowTrigger"]' };

let packed: string | undefined;

/** The path of the packed package, which is built once. */
export function tarball(): string {
	packed ??= packPackage();
	return packed;
}

/** Starts n8n and the simulator, returns what `measure` does with them, and stops them afterwards. */
export async function onN8n<T>(
	measure: (bench: Bench) => Promise<T>,
	options: N8nOptions = {},
): Promise<T> {
	const simulator = await startSimulator({ samePicture: true });
	try {
		const n8n = await startN8n({ tarball: tarball(), ...options });
		try {
			const credentialId = await createCredential(n8n, simulator);
			return await measure({ n8n, simulator, credentialId });
		} finally {
			await n8n.stop();
		}
	} finally {
		await simulator.close();
	}
}

/** Saves a credential for the simulator, and returns its id. */
export async function createCredential(
	{ client }: Pick<RunningN8n, 'client'>,
	{ url }: Simulator,
	signingSecrets = '',
): Promise<string> {
	return await client.createCredential({
		apiKey,
		baseUrl: url,
		organizationId: '',
		signingSecrets,
	});
}
