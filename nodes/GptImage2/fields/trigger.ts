import type { INodeProperties } from 'n8n-workflow';

import { optionsField, optionsNamed } from './options';
import { simplifyField } from './simplify';

/** The fields of the trigger. */
export const triggerFields: INodeProperties[] = [
	{
		displayName:
			"Runflow calls this trigger when a run has ended. Put its URL (under 'Webhook URLs' above: the test URL while you build, the production URL once the workflow is published) into 'Callback URL' of a 'GPT Image 2' node, or into 'callback_url' of your own request.",
		name: 'callbackUrlNotice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Trigger On',
		name: 'events',
		type: 'multiOptions',
		required: true,
		options: [
			{
				name: 'Run Completed',
				value: 'run.completed',
				description: 'The images are ready',
				action: 'On picture ready',
			},
			{
				name: 'Run Partially Succeeded',
				value: 'run.partial_succeeded',
				description: 'Some of the images are ready, others failed',
				action: 'On some pictures ready',
			},
			{
				name: 'Run Failed',
				value: 'run.failed',
				description: 'There are no images',
				action: 'On picture failed',
			},
			{
				name: 'Run Cancelled',
				value: 'run.cancelled',
				description: 'The run was stopped at Runflow',
				action: 'On run cancelled',
			},
		],
		default: ['run.completed', 'run.failed', 'run.cancelled', 'run.partial_succeeded'],
		description: 'Which events start the workflow',
	},
	{
		displayName: 'Authentication',
		name: 'authentication',
		type: 'options',
		options: [
			{
				name: 'Signature',
				value: 'signature',
				description:
					"Accept only callbacks that are signed with a secret from the credential's 'Callback Signing Secrets'",
			},
			{
				name: 'Re-Read the Run From Runflow',
				value: 'reread',
				description:
					'Ignore the content of the callback and read the run with the API key. Needs no secret.',
			},
			{
				name: 'None',
				value: 'none',
				description: 'Accept everything. Anybody who knows the URL can start the workflow.',
			},
		],
		default: 'signature',
		description: 'How to make sure that a callback comes from Runflow',
	},
	{
		displayName:
			"Needs Runflow's secret in 'Callback Signing Secrets' of the credential. Without it every call is refused, and the workflow can't be published.",
		name: 'signatureNotice',
		type: 'notice',
		displayOptions: { show: { authentication: ['signature'] } },
		default: '',
	},
	simplifyField,
	optionsField([
		{
			displayName: 'Ignore Repeats',
			name: 'ignoreRepeats',
			type: 'boolean',
			default: true,
			description: 'Whether to ignore a callback that was accepted in the last two minutes',
		},
		...optionsNamed('includeRun', 'output'),
	]),
];
