import type { INodeProperties } from 'n8n-workflow';

/** What the node does after it has started its runs. */
export const completionFields: INodeProperties[] = [
	{
		displayName: 'While Runflow Works',
		name: 'completion',
		type: 'options',
		displayOptions: { show: { resource: ['image'] } },
		options: [
			{
				name: 'Wait in This Execution',
				value: 'poll',
				description: 'Output the images when they are ready. For a few images.',
			},
			{
				name: 'Suspend Until Callback',
				value: 'suspend',
				description: 'Sleep until the images are ready. For many images: nothing is kept busy.',
			},
			{
				name: 'Return Immediately',
				value: 'none',
				description: 'Output the run IDs at once; a callback or Run → Get brings the images',
			},
		],
		default: 'poll',
		description:
			'What the execution does until the images are ready. Suspended, it wakes fastest where Runflow can call n8n back; where a webhook answers with the last node, an agent or an evaluation waits for it, it waits all the same.',
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
