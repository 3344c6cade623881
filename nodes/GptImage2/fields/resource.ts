import type { INodeProperties } from 'n8n-workflow';

const neverShown = { show: { '@version': [0] } };

/** What the node works on, and what it does with it. */
export const resourceFields: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Image', value: 'image' },
			{ name: 'Run', value: 'run' },
			// For the node that watches over a suspended execution; users can't choose it.
			{ name: 'Suspension', value: 'suspension', displayOptions: neverShown },
		],
		default: 'image',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['image'] } },
		options: [
			{
				name: 'Generate',
				value: 'generate',
				description: 'Make images from a description',
				action: 'Generate image',
			},
			{
				name: 'Edit',
				value: 'edit',
				description: 'Make new images from your images and a description',
				action: 'Edit image',
			},
		],
		default: 'generate',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['run'] } },
		options: [
			{
				name: 'Get',
				value: 'get',
				description: 'Retrieve a run and its images by its ID',
				action: 'Get run',
			},
			{
				name: 'Get Callback Deliveries',
				value: 'getCallbackDeliveries',
				description: 'List when Runflow called back about a run, and what it was answered',
				action: 'Get callback deliveries of run',
			},
			{
				name: 'Get Many',
				value: 'getMany',
				description: 'Retrieve a list of runs, newest first',
				action: 'Get many runs',
			},
			{
				name: 'Redeliver Callback',
				value: 'redeliverCallback',
				description: 'Have Runflow deliver the callback of a run once more',
				action: 'Redeliver callback of run',
			},
			{
				name: 'Redeliver Missed Callbacks',
				value: 'redeliverMissed',
				description:
					'Have Runflow deliver callbacks again that nobody accepted, such as during downtime',
				action: 'Redeliver missed callbacks',
			},
		],
		default: 'get',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'hidden',
		displayOptions: { show: { resource: ['suspension'] } },
		default: 'watch',
	},
];
