import {
	updateDisplayOptions,
	type INodeProperties,
	type INodePropertyOptions,
} from 'n8n-workflow';

import { sourceFields } from './inputImages';
import { sizeOptionsWith } from './sizes';

const customOnly = { show: { imageSize: ['custom'] } };

const customSizeHint =
	'A multiple of 16, at most 3,840. The longer edge is at most 3 times the shorter, with 655,360 to 8,294,400 pixels in total.';

const ownSize: INodePropertyOptions = {
	name: 'Your Own Width and Height',
	value: 'custom',
	description: 'Any size in multiples of 16 pixels',
};

/** The model's input fields, with the names and values of its input schema, which names no pixels (SEED). */
const inputFields: INodeProperties[] = [
	{
		displayName: 'Prompt',
		name: 'prompt',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: '',
		placeholder: "e.g. A hand-drawn storefront sign reading 'CIRCUIT & GRAIN', warm morning light",
		description: 'What the image shows. Put words that are to appear in the image in quotes.',
		builderHint: {
			propertyHint:
				'Describe subject, style, light and composition in full sentences. For several images give each input item its own prompt.',
		},
	},
	{
		displayName: 'Image Size',
		name: 'imageSize',
		type: 'options',
		options: sizeOptionsWith(ownSize),
		default: 'landscape_4_3',
		description:
			"Shape of the image, or the size that a channel asks for. For several sizes of one picture add the option 'More Sizes'.",
	},
	{
		displayName: 'Width',
		name: 'width',
		type: 'number',
		typeOptions: { minValue: 16, maxValue: 3840 },
		displayOptions: customOnly,
		default: 1024,
		hint: customSizeHint,
		description: 'Width of the image in pixels',
	},
	{
		displayName: 'Height',
		name: 'height',
		type: 'number',
		typeOptions: { minValue: 16, maxValue: 3840 },
		displayOptions: customOnly,
		default: 1024,
		description: 'Height of the image in pixels',
	},
	{
		displayName: 'Quality',
		name: 'quality',
		type: 'options',
		options: [
			{ name: 'Low', value: 'low', description: 'For drafts, and for trying out prompts' },
			{ name: 'Medium', value: 'medium', description: 'Between the two' },
			{ name: 'High', value: 'high', description: 'For final images, and for small text' },
		],
		default: 'high',
		description:
			"How much work goes into the image; higher quality takes longer. An image in 'High' is about $0.13 (Runflow's list of April 2026).",
	},
	{
		displayName: 'Number of Images',
		name: 'numImages',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 1,
		description: 'How many images to make for each input item. You pay for each one.',
		builderHint: { propertyHint: 'Keep at 1 unless the user asks for variants of one prompt.' },
	},
	{
		displayName: 'Output Format',
		name: 'outputFormat',
		type: 'options',
		options: [
			{ name: 'JPEG', value: 'jpeg', description: 'Small files, for photos' },
			{ name: 'PNG', value: 'png', description: 'Large files without loss, for graphics and text' },
			{ name: 'WebP', value: 'webp', description: 'Small files, for web pages' },
		],
		default: 'png',
		description: 'File format of the images',
	},
	// The editor shows it as an option, but saved workflows may have it here.
	{
		displayName: 'Sync Mode',
		name: 'syncMode',
		type: 'hidden',
		default: false,
		description: 'The same as the option, for workflows that have it as a field',
	},
];

/** Edit uses the size of the input images unless a size is chosen. */
function withAutoSize(field: INodeProperties): INodeProperties {
	if (field.name !== 'imageSize') return field;
	const auto = { name: 'Auto', value: 'auto', description: 'Same as the input images' };
	return { ...field, default: 'auto', options: sizeOptionsWith(auto, ownSize) };
}

const [prompt, ...others] = inputFields;

/** The input fields of generate. */
export const generateFields = updateDisplayOptions(
	{ show: { resource: ['image'], operation: ['generate'] } },
	inputFields,
);

/** The input fields of edit. */
export const editFields = updateDisplayOptions(
	{ show: { resource: ['image'], operation: ['edit'] } },
	[...(prompt ? [prompt] : []), ...sourceFields, ...others.map(withAutoSize)],
);
