import fc from 'fast-check';
import type { IDataObject, INodeExecutionData, IPairedItemData } from 'n8n-workflow';
import nock from 'nock';

import { generateInputSchema } from '../../../runflow/input';
import { longestMs, tried } from '../../fixtures/properties';
import { anyAnswer } from '../../unit/properties/arbitraries';
import { CountingApi } from '../api';
import { runWorkflow } from '../harness';
import { goldenWorkflow } from '../workflows';

jest.setTimeout(longestMs);

/** Every field of the node, read from the item by an expression. */
const workflow = goldenWorkflow(
	'generate',
	{
		prompt: '={{ $json.prompt }}',
		imageSize: '={{ $json.imageSize }}',
		width: '={{ $json.width }}',
		height: '={{ $json.height }}',
		quality: '={{ $json.quality }}',
		numImages: '={{ $json.numImages }}',
		outputFormat: '={{ $json.outputFormat }}',
		completion: 'none',
		callbackUrl: 'https://receiver.example.com/hook',
		options: {
			additionalInput: '={{ $json.additionalInput }}',
			clientRef: '={{ $json.clientRef }}',
			concurrency: 100,
		},
	},
	{ onError: 'continueRegularOutput' },
);

/** A field that mostly has a good value, so that one bad value is seen alone. */
const mostly = (...good: unknown[]) =>
	fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: anyAnswer });

const item = fc.record({
	prompt: mostly('a brass sign'),
	imageSize: mostly('square', 'custom', 'custom'),
	width: mostly(1024, 1000, 3840),
	height: mostly(1024, 1280),
	quality: mostly('high', 'low'),
	numImages: mostly(1, 2),
	outputFormat: mostly('png', 'webp'),
	additionalInput: mostly({}, '{}', { style: 'brass' }, { prompt: '' }, { quality: 'best' }),
	clientRef: mostly('', 'order-17'),
});

const labels = [
	...['Prompt', 'Image Size', 'Width', 'Height', 'Quality', 'Number of Images', 'Output Format'],
	...['Additional Input', 'Client Reference'],
];
const named = new RegExp(
	`^Row \\d+ of 300(: '(${labels.join('|')})' [a-z][^{}[\\]]*| has no prompt)$`,
);

const refusedByRunflow =
	/^Picture \d+ of \d+ \(.*\) was not made: Runflow refused 'Number of Images'$/;

/** Whether the model accepts an item's fields, judged by the input's schema, which has properties of its own. */
function isValid(json: IDataObject): boolean {
	const { additionalInput, clientRef, height, imageSize, width, ...fields } = json;
	const more: unknown =
		typeof additionalInput === 'string' ? parse(additionalInput || '{}') : additionalInput;
	const isObject = typeof more === 'object' && more !== null && !Array.isArray(more);
	const isReference = ['string', 'number'].includes(typeof clientRef) || clientRef === null;
	if (!isObject || !isReference || String(clientRef).trim().length > 255) return false;
	const merged: Record<string, unknown> = {
		prompt: fields.prompt,
		quality: fields.quality,
		num_images: fields.numImages,
		output_format: fields.outputFormat,
		image_size:
			imageSize === 'custom' ? { width: asNumber(width), height: asNumber(height) } : imageSize,
		...more,
	};
	return generateInputSchema.safeParse({
		...merged,
		...(typeof merged.prompt === 'number' && { prompt: String(merged.prompt) }),
		...('num_images' in merged && { num_images: asNumber(merged.num_images) }),
	}).success;
}

/** Whether an item asks for more images than the API's own limit, which the input's schema leaves to it. */
function isTooMany({ numImages }: IDataObject): boolean {
	return Number(asNumber(numImages)) > 4;
}

/** Expressions yield numbers as texts all the time. */
function asNumber(value: unknown): unknown {
	return typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/** The items as n8n has them, which are JSON. */
const asItems = (jsons: object[]): INodeExecutionData[] =>
	jsons.map((json) => ({ json: JSON.parse(JSON.stringify(json)) as IDataObject }));

describe('items with any values in any field', () => {
	it('are sent where the model accepts them, and are error rows that name the field otherwise', async () => {
		const batch = fc.array(item, { minLength: 300, maxLength: 300 }).map(asItems);
		await fc.assert(
			fc.asyncProperty(batch, async (input) => {
				nock.cleanAll();
				const api = new CountingApi();
				const { error, items } = await runWorkflow(workflow, { input });
				expect(error).toBeUndefined();
				expect(items).toHaveLength(input.length);
				const valid = input.map(({ json }) => isValid(json));
				const wrong = items.filter(({ json, pairedItem }, index) => {
					const message = String(json.error);
					const isRight = !valid[index]
						? named.test(message)
						: isTooMany(input[index]?.json ?? {})
							? refusedByRunflow.test(message)
							: typeof json.run_id === 'string';
					return !isRight || (pairedItem as IPairedItemData).item !== index;
				});
				const places = wrong.map((found) => [input[items.indexOf(found)]?.json, found.json]);
				expect(places).toEqual([]);
				const sent = input.filter(({ json }) => isValid(json) && !isTooMany(json));
				expect(api.runs).toHaveLength(sent.length);
			}),
			{ ...tried(4), endOnFailure: true },
		);
	});
});
