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
				description: 'Wait until the images are ready, then output them. Right for a few images.',
			},
			{
				name: 'Suspend Until Callback',
				value: 'suspend',
				description:
					'Put the execution to sleep until the images are ready, then output them. Right for many images: nothing is kept busy. Fastest where Runflow can call n8n back. Where a webhook answers with the last node, an agent or an evaluation waits, it waits in the execution instead.',
			},
			{
				name: 'Return Immediately',
				value: 'none',
				description:
					"Output the run IDs at once, without images. Fetch the images later with 'Run → Get', or start another workflow with a 'GPT Image 2 Trigger'.",
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
			"The URL that Runflow calls when the run has ended: the production URL of a 'GPT Image 2 Trigger', or one of your own. Leave empty to fetch the images later with 'Run → Get'.",
	},
];
