import { updateDisplayOptions, type INodeProperties } from 'n8n-workflow';

import { simplifyField } from './simplify';
import { sizeOptions } from './sizes';

/** The longest 'Timeout', in seconds: 7 days. A timer of more than 24 days ends at once. */
export const longestTimeoutSeconds = 604_800;

/** The longest 'Poll Interval', in seconds. */
export const longestPollSeconds = 3600;

/** The longest 'Public Link', in days. */
export const longestLinkDays = 365;

/** How far back 'Reuse Earlier Runs' may look, in hours: 30 days. */
export const longestReuseHours = 720;

const imageOptions: INodeProperties[] = [
	{
		displayName: 'Additional Input',
		name: 'additionalInput',
		type: 'json',
		default: '{}',
		description:
			'Fields of the model that this node does not know yet, as a JSON object that is added to the input of the run',
	},
	{
		displayName: 'Client Reference',
		name: 'clientRef',
		type: 'string',
		default: '',
		placeholder: 'e.g. order-1017',
		description:
			'Your own text by which the run can be found later. When empty, the node makes one, which it also uses to find a run whose answer got lost. If you set one, make it different for each item.',
	},
	{
		displayName: 'Concurrency',
		name: 'concurrency',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description:
			"How many runs may be pending at once. 0 means automatic: as many as Runflow accepts, up to 1,000. With 'Suspend Until Callback' and 'Return Immediately', which wait for no run, it is how many are being created at once. Read once for all items.",
	},
	{
		displayName: 'Download',
		name: 'download',
		type: 'boolean',
		displayOptions: { hide: { '/completion': ['none'] } },
		default: true,
		description:
			'Whether to download the images as binary data. When off, items contain only their URLs, which expire.',
	},
	{
		displayName: 'File Name',
		name: 'fileName',
		type: 'string',
		default: '',
		placeholder: 'e.g. product-{{ $json.sku }}',
		description:
			'Name of the image file. The node adds the extension, replaces what a disk refuses and cuts what is too long. When empty, the name is made of words of the prompt.',
	},
	{
		displayName: 'Include Input Fields',
		name: 'includeInputFields',
		type: 'boolean',
		default: false,
		description:
			"Whether to keep the fields of the input item beside the picture. Where both have a field, the picture's wins.",
	},
	{
		displayName: 'Include Run',
		name: 'includeRun',
		type: 'boolean',
		default: false,
		description:
			"Whether to add everything that Runflow reports about the run, in a field named 'run'",
	},
	{
		displayName: 'Mask Data Field Name',
		name: 'maskBinaryField',
		type: 'string',
		displayOptions: { show: { '/operation': ['edit'] } },
		default: '',
		placeholder: 'e.g. mask',
		description:
			"Name of the binary field that holds the mask, or an expression that yields binary data. White is edited, black is kept; n8n's OpenAI node wants the opposite.",
	},
	{
		displayName: 'Mask URL',
		name: 'maskUrl',
		type: 'string',
		displayOptions: { show: { '/operation': ['edit'] } },
		default: '',
		placeholder: 'e.g. https://example.com/mask.png',
		description:
			'URL of the mask: white is edited, black is kept. A data URI or an asset of Runflow works where the model accepts it.',
	},
	{
		displayName: 'Max Images',
		name: 'maxImages',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description:
			'The most images this node may pay for, over all items. If there would be more, no run is started. 0 means no limit.',
	},
	{
		displayName: 'Metadata',
		name: 'metadata',
		type: 'assignmentCollection',
		default: {},
		description:
			'Names and values to keep with the run. They are returned in the output and in callbacks.',
	},
	{
		displayName: 'More Sizes',
		name: 'moreSizes',
		type: 'multiOptions',
		options: sizeOptions,
		default: [],
		description:
			"One more picture of each item in each of these sizes, each paid for. 'channel' in the output says which is which, and so does the end of a 'File Name'.",
	},
	{
		displayName: 'Output',
		name: 'output',
		type: 'options',
		options: [
			{ name: 'One Item per Image', value: 'perImage' },
			{ name: 'One Item per Run', value: 'perRun' },
		],
		default: 'perImage',
		description: 'How to output a run with several images',
	},
	{
		displayName: 'Output Data Field Name',
		name: 'binaryField',
		type: 'string',
		default: 'data',
		placeholder: 'e.g. data',
		description: 'Name of the binary field that holds the image',
	},
	{
		displayName: 'Poll Interval',
		name: 'pollInterval',
		type: 'number',
		displayOptions: { show: { '/completion': ['poll'] } },
		typeOptions: { minValue: 0.1, maxValue: longestPollSeconds, numberPrecision: 1 },
		default: 3,
		description:
			'Longest gap between two reads of a run, in seconds. The first reads come sooner. With the default, a run is hardly read before it may have ended, by how long the last ones took. Read once for all items.',
	},
	{
		displayName: 'Public Link (Days)',
		name: 'publicLink',
		type: 'number',
		displayOptions: { hide: { '/completion': ['none'] } },
		typeOptions: { minValue: 0, maxValue: longestLinkDays },
		default: 0,
		description:
			"For how many days n8n serves the picture to everybody who has the link 'public_url', for Instagram, WhatsApp or mail. n8n has to be reachable, the link ends with the execution's data, and it can't be withdrawn. 0 means no link.",
	},
	{
		displayName: 'Reuse Earlier Runs (Hours)',
		name: 'reuse',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: longestReuseHours },
		default: 0,
		description:
			"How old a run may be to be used again, at no cost, for the same request: prompt, images and settings. Finds runs of earlier executions of any workflow of this n8n that succeeded or are pending, each for one item only. A reused run doesn't call 'Callback URL'. Not for 'Sync Mode'. 0 turns it off. Read once for all items.",
	},
	{
		displayName: 'Sync Mode',
		name: 'syncMode',
		type: 'boolean',
		displayOptions: { hide: { '/completion': ['suspend'] } },
		default: false,
		description:
			'Whether Runflow sends the image in its answer and keeps no copy. Leave off unless the image must not be stored at Runflow.',
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: longestTimeoutSeconds },
		displayOptions: { show: { '/completion': ['poll'] } },
		default: 600,
		description: 'How long to wait for a run and its images, in seconds. Read once for all items.',
	},
	{
		displayName: 'Timeout',
		name: 'timeout',
		type: 'number',
		typeOptions: { minValue: 60, maxValue: longestTimeoutSeconds },
		displayOptions: { show: { '/completion': ['suspend'] } },
		default: 3600,
		description:
			'How long to stay suspended at most, in seconds. After that the run IDs are output, marked as timed out, up to a minute late.',
	},
];

/** Returns the options with these names, in this order, for other collections. */
export function optionsNamed(...names: string[]): INodeProperties[] {
	return names
		.flatMap((wanted) => imageOptions.filter(({ name }) => name === wanted))
		.map((option) => ({ ...option, displayOptions: undefined }));
}

/** Returns the field 'Options', a collection of these. */
export function optionsField(options: INodeProperties[]): INodeProperties {
	return {
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options,
	};
}

/** The optional settings of the operations that make images. */
export const optionsFields = updateDisplayOptions({ show: { resource: ['image'] } }, [
	simplifyField,
	optionsField(imageOptions),
]);
