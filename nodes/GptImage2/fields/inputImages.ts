import { updateDisplayOptions, type INodeProperties } from 'n8n-workflow';

import { runIdField } from './runId';

/** Where the images to edit come from. */
export const sourceFields: INodeProperties[] = [
	{
		displayName: 'Input Source',
		name: 'inputSource',
		type: 'options',
		options: [
			{
				name: 'Binary Data',
				value: 'binary',
				description:
					'Images that come with the item, such as from a form or a drive. The node uploads them to Runflow.',
			},
			{
				name: 'Earlier Run',
				value: 'run',
				description: 'Images that an earlier run made. Nothing is uploaded.',
			},
			{
				name: 'URL',
				value: 'url',
				description: 'Images on the web, which Runflow fetches',
			},
		],
		default: 'binary',
		description: 'Where the images to work on come from',
		builderHint: {
			propertyHint:
				"Choose 'run' to edit what this node made before, with the 'run_id' of its output in 'inputRunId'.",
		},
	},
	{
		displayName: 'Input Data Field Name',
		name: 'inputBinaryFields',
		type: 'string',
		required: true,
		displayOptions: { show: { inputSource: ['binary'] } },
		default: 'data',
		placeholder: 'e.g. data, logo',
		hint: 'The name of the binary field, or several names separated by commas',
		description:
			'Names of the binary fields that hold the images, or an expression that yields binary data',
	},
	...updateDisplayOptions({ show: { inputSource: ['run'] } }, [
		runIdField(
			'inputRunId',
			'searchRunsWithImages',
			"The run whose images to edit, by its ID: the node outputs it as 'run_id'",
		),
		{
			displayName: 'Image Number',
			name: 'inputImageNumber',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 0,
			description: 'Which image of the run to edit, counted from 1. 0 means all of them.',
		},
	]),
	{
		displayName: 'Image URLs',
		name: 'inputUrls',
		type: 'string',
		typeOptions: { rows: 2 },
		displayOptions: { show: { inputSource: ['url'] } },
		default: '',
		placeholder: 'e.g. https://example.com/photo.png',
		description:
			'Web addresses of the images, separated by commas or line breaks; a comma within one is part of it. Data URIs and assets of Runflow (runflow://assets/…) work where the model accepts them.',
	},
	{
		displayName: 'Images',
		name: 'inputUrlRows',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, multipleValueButtonText: 'Add Image' },
		displayOptions: { show: { inputSource: ['url'] } },
		default: {},
		description: "Images by their web addresses, one in each row, after those of 'Image URLs'",
		options: [
			{
				displayName: 'Image',
				name: 'images',
				values: [
					{
						displayName: 'URL',
						name: 'url',
						type: 'string',
						default: '',
						placeholder: 'e.g. https://example.com/photo.png',
						description: 'Web address of the image',
					},
				],
			},
		],
	},
];
