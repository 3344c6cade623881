import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { unreachable } from '../../../runflow/reachable';

const proxySchema = z.object({ $execution: z.object({ resumeUrl: z.string() }) });

/**
 * The address that wakes this node of this execution: n8n's signed resume URL, with the node's id as path,
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
 * Refuses an address that Runflow could never call, before anything is spent. Throws NodeOperationError.
 * `own` tells whether it is n8n's own resume URL, which WEBHOOK_URL decides.
 */
export function assertReachable(
	context: IExecuteFunctions,
	url: string,
	{ apiBaseUrl, itemIndex, own }: { apiBaseUrl: string; itemIndex: number; own: boolean },
): void {
	const problem = unreachable(url, apiBaseUrl);
	if (problem === null) return;
	const host = URL.canParse(url) ? new URL(url).host : url;
	const name = own ? 'The address at which n8n can be called back' : "'Callback URL'";
	const message =
		problem === 'not-http'
			? `${name} must start with https:// or http://`
			: `${name} is on '${host}', which Runflow can't reach`;
	const how = own
		? "Set n8n's environment variable WEBHOOK_URL to the address at which n8n is reached from the internet, or choose 'Wait in This Execution' as 'Completion'."
		: "Give an address that is reached from the internet. A webhook URL of this n8n follows n8n's environment variable WEBHOOK_URL.";
	throw new NodeOperationError(context.getNode(), message, {
		itemIndex,
		description: `${how} Nothing was sent to Runflow and nothing is paid.`,
	});
}
