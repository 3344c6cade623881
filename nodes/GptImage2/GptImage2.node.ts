import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { actionHint } from './builderHints';
import { completionFields } from './fields/completion';
import { hintsBeforeExecution } from './fields/hints';
import { editFields, generateFields } from './fields/image';
import { optionsFields } from './fields/options';
import { resourceFields } from './fields/resource';
import { runFields } from './fields/run';
import { subtitle } from './fields/subtitle';
import { searchRuns, searchRunsWithImages } from './listSearch/searchRuns';
import { operate } from './operations/operate';
import { resumePath } from './suspension/resumeUrl';
import { wake } from './suspension/wake';

/** The call that wakes a suspended execution. Nothing in it is an expression, which n8n would evaluate for each call. */
const resumeWebhooks: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		responseMode: 'onReceived',
		path: resumePath,
		isFullPath: true,
		restartWebhook: true,
	},
];

export class GptImage2 implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'GPT Image 2',
		name: 'gptImage2',
		icon: { light: 'file:gptImage2.svg', dark: 'file:gptImage2.dark.svg' },
		group: ['transform'],
		// Above 1, since n8n evaluates an expression on each call of a webhook node of version 1.
		version: 1.1,
		subtitle,
		description: "Generate and edit images with OpenAI's GPT Image 2 on Runflow",
		defaults: { name: 'GPT Image 2' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		builderHint: actionHint,
		webhooks: resumeWebhooks,
		hints: hintsBeforeExecution,
		waitingNodeTooltip:
			'The execution is suspended until its runs have ended. You can stop it at any time; the runs continue.',
		credentials: [{ name: 'runflowApi', required: true }],
		properties: [
			...resourceFields,
			...generateFields,
			...editFields,
			...completionFields,
			...optionsFields,
			...runFields,
		],
	};

	methods = { listSearch: { searchRuns, searchRunsWithImages } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await operate(this)];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await wake(this);
	}
}
