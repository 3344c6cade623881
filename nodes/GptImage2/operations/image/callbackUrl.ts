import { unreachable } from '../../../../runflow/reachable';
import type { Parameters } from '../../parameters/reader';

/**
 * Refuses a callback URL that Runflow could never call, before anything is paid for. Throws
 * NodeOperationError.
 */
export function assertReachable(parameters: Parameters, url: string, apiBaseUrl: string): void {
	const problem = unreachable(url, apiBaseUrl);
	if (problem === null) return;
	const host = URL.canParse(url) ? new URL(url).host : url;
	throw parameters.refuse(
		problem === 'not-http'
			? "'Callback URL' must start with https:// or http://"
			: `'Callback URL' is on '${host}', which Runflow can't reach`,
		"Enter a URL that can be reached from the internet. A webhook URL of this n8n follows n8n's environment variable N8N_WEBHOOK_URL (WEBHOOK_URL before n8n 2.30).",
	);
}
