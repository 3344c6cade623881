import {
	NodeConnectionTypes,
	type IHookFunctions,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { triggerHint } from './builderHints';
import { triggerFields } from './fields/trigger';
import { assertCanAuthenticate } from './trigger/authentication';
import { receive } from './trigger/receive';

export class GptImage2Trigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'GPT Image 2 Trigger',
		name: 'gptImage2Trigger',
		icon: { light: 'file:gptImage2.svg', dark: 'file:gptImage2.dark.svg' },
		group: ['trigger'],
		version: 1.1,
		subtitle: '={{ $parameter["events"].join(", ").replaceAll("run.", "") }}',
		// n8n lists the node and its trigger as one entry, under the trigger's description.
		description:
			"Generate and edit images with OpenAI's GPT Image 2 on Runflow, or start a workflow when they are ready",
		eventTriggerDescription: "Start a run with the test URL as its 'Callback URL'",
		activationMessage:
			"From now on, every run whose callback URL is the trigger's production URL starts this workflow when it has ended.",
		defaults: { name: 'GPT Image 2 Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		builderHint: triggerHint,
		credentials: [
			{
				name: 'runflowApi',
				required: true,
				displayOptions: { show: { authentication: ['reread', 'signature'] } },
			},
		],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				responseData: '',
				path: 'runflow',
			},
		],
		triggerPanel: {
			header: 'Start when a picture is ready',
			executionsHelp: {
				inactive:
					"Runflow has two URLs to call, both under 'Webhook URLs'. <b>While you build</b>, press 'Execute step', start a run with the test URL as its callback URL, and look at what arrives here.<br /><br /><b>Once it works</b>, publish the workflow and use the production URL: it is called without the editor open, and executions show in the executions list.",
				active:
					"<b>While you build</b>, press 'Execute step' and start a run with the test URL as its callback URL.<br /><br /><b>In production</b> the workflow is published: runs that have the production URL as their callback URL start it, and executions show in the executions list.",
			},
			activationHint:
				"Publish the workflow, then use its production URL, under 'Webhook URLs', for your runs: as 'Callback URL' of a 'GPT Image 2' node, or as 'callback_url' of your own request.",
		},
		properties: triggerFields,
	};

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return false;
			},
			async create(this: IHookFunctions): Promise<boolean> {
				await assertCanAuthenticate(this);
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive(this);
	}
}
