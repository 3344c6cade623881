import type { INodeProperties } from 'n8n-workflow';

/** How the node goes on after it has started its runs. */
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
				description: 'Look at the runs until they end, then output the images',
			},
		],
		default: 'poll',
		description: 'What to do while Runflow makes the images',
	},
];
