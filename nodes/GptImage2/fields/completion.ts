import type { INodeProperties } from 'n8n-workflow';

/** What the node does after it has started its runs. */
export const completionFields: INodeProperties[] = [
	{
		displayName: 'Completion',
		name: 'completion',
		type: 'options',
		displayOptions: { show: { resource: ['image'] } },
		options: [
			{
				name: 'Wait in This Execution',
				value: 'poll',
				description: 'Read the runs until they end, then output the images',
			},
			{
				name: 'Suspend Until Callback',
				value: 'suspend',
				description:
					'Suspend the execution until the runs have ended, then output the images. Holds no worker. Fastest where Runflow can call n8n back.',
			},
			{
				name: 'Return Immediately',
				value: 'none',
				description: 'Output the run IDs at once, without images',
			},
		],
		default: 'poll',
		description: 'What to do while Runflow makes the images',
		builderHint: {
			propertyHint:
				"Choose 'suspend' for many images or high volume, 'none' together with a GPT Image 2 Trigger, else 'poll'.",
		},
	},
	{
		displayName: 'Callback URL',
		name: 'callbackUrl',
		type: 'string',
		displayOptions: { show: { resource: ['image'], completion: ['none'] } },
		default: '',
		placeholder: 'e.g. https://n8n.example.com/webhook/…',
		description:
			"The URL that Runflow calls when the run has ended, such as the production URL of a 'GPT Image 2 Trigger'",
	},
];
