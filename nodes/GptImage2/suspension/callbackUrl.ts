import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { unreachable } from '../../../runflow/reachable';
import type { Parameters } from '../parameters/reader';

const proxySchema = z.object({ $execution: z.object({ resumeUrl: z.string() }) });

/**
 * The URL that wakes this node of this execution: n8n's signed resume URL, with the node's id as path,
 * so that a late callback for another node of the workflow can't wake this one.
 */
export function resumeUrlOf(context: IExecuteFunctions): string {
	const { $execution } = proxySchema.parse({
		$execution: context.getWorkflowDataProxy(0).$execution,
	});
	const url = new URL($execution.resumeUrl);
	url.pathname = `${url.pathname.replace(/\/$/, '')}/${context.getNode().id}`;
	return url.toString();
}

/**
 * Refuses a URL that Runflow could never call, before anything is paid for. `isResumeUrl` says that
 * it is n8n's own resume URL, which n8n's WEBHOOK_URL decides. Throws NodeOperationError.
 */
export function assertReachable(
	parameters: Parameters,
	url: string,
	{ apiBaseUrl, isResumeUrl }: { apiBaseUrl: string; isResumeUrl: boolean },
): void {
	const problem = unreachable(url, apiBaseUrl);
	if (problem === null) return;
	const host = URL.canParse(url) ? new URL(url).host : url;
	const name = isResumeUrl ? 'The URL at which n8n can be called back' : "'Callback URL'";
	throw parameters.refuse(
		problem === 'not-http'
			? `${name} must start with https:// or http://`
			: `${name} is on '${host}', which Runflow can't reach`,
		isResumeUrl
			? "Set n8n's environment variable WEBHOOK_URL to the URL at which n8n is reached from the internet, or choose 'Wait in This Execution' as 'Completion'."
			: "Enter a URL that can be reached from the internet. A webhook URL of this n8n follows n8n's environment variable WEBHOOK_URL.",
	);
}
