import { parse, stringify } from 'flatted';
import { WebhookContext } from 'n8n-core';
import type { INodeExecutionData, IRunExecutionData, IWebhookData } from 'n8n-workflow';

import { GptImage2 } from '../../nodes/GptImage2/GptImage2.node';
import { prepare, type EngineOptions, type EngineResult, type ExportedWorkflow } from './harness';

/** How the node answered a call to the resume URL of a suspended execution. */
export interface ResumeResult {
	httpStatus: number | null;
	state: unknown;
	/** The items with which it resumes; null where it goes on waiting. */
	items: INodeExecutionData[] | null;
}

/** Calls the resume URL of a suspended execution: the node's webhook, in n8n's real context for that, as n8n loads it from its database. */
export async function callSuspended(
	exported: ExportedWorkflow,
	{ run }: EngineResult,
	body: object = {},
	options: Pick<EngineOptions, 'credential' | 'n8nUrl'> = {},
): Promise<ResumeResult> {
	const { workflow, additionalData } = prepare(exported, options);
	const answer: ResumeResult = { httpStatus: null, state: null, items: null };
	const httpResponse = {
		status(httpStatus: number) {
			answer.httpStatus = httpStatus;
			return this;
		},
		json({ state }: { state: unknown }) {
			answer.state = state;
		},
	};
	const node = workflow.getNode('GPT Image 2');
	const type = new GptImage2();
	const [webhookDescription] = type.description.webhooks ?? [];
	if (!node || !webhookDescription) throw new Error('the workflow has no node to resume');
	const context = new WebhookContext(
		workflow,
		node,
		Object.assign(additionalData, {
			httpRequest: { body, headers: {}, params: {}, query: {} },
			httpResponse,
		}),
		'webhook',
		{ webhookDescription } as unknown as IWebhookData,
		[],
		parse(stringify(run.data)) as IRunExecutionData,
	);
	const { workflowData } = await type.webhook.call(context);
	return { ...answer, items: workflowData?.[0] ?? null };
}
