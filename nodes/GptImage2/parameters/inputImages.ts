import { createHash } from 'node:crypto';

import { NodeOperationError, type IBinaryData, type IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { largestAsset } from '../../../runflow/assets';
import { editImagesSchema } from '../../../runflow/input';
import { labelOf } from '../fields/labels';
import { check, trimmedOrNull } from './image';

/** An image that edit works on: an address, or a binary field that has to be uploaded. */
export type ImageSource = { url: string } | { binary: IBinaryData; fingerprint: string };

/** All images of one item. */
export interface EditSources {
	images: ImageSource[];
	mask: ImageSource | null;
}

const optionsSchema = z.object({ maskBinaryField: trimmedOrNull, maskUrl: trimmedOrNull });

/**
 * Reads which images an item wants edited, and checks each one's type and size before anything is sent. Throws
 * NodeOperationError that names the field.
 */
export function readSources(context: IExecuteFunctions, itemIndex: number): EditSources {
	const options = check(
		context,
		itemIndex,
		optionsSchema,
		context.getNodeParameter('options', itemIndex, {}),
	);
	const { maskBinaryField, maskUrl } = options;
	if (maskBinaryField !== null && maskUrl !== null) {
		throw refusal(
			context,
			itemIndex,
			`'${labelOf(['maskUrl'])}' and '${labelOf(['maskBinaryField'])}' exclude each other`,
			'Remove one of them.',
		);
	}
	const fromUrl = context.getNodeParameter('inputSource', itemIndex) === 'url';
	const addresses = check(context, itemIndex, editImagesSchema.partial(), {
		...(fromUrl && { image_urls: listIn(context.getNodeParameter('inputUrls', itemIndex)) }),
		...(maskUrl !== null && { mask_url: maskUrl }),
	});
	const images: ImageSource[] = fromUrl
		? (addresses.image_urls ?? []).map((url) => ({ url }))
		: binaryNames(context, itemIndex).map((name) =>
				binarySource(context, itemIndex, name, 'inputBinaryFields'),
			);
	const { mask_url } = addresses;
	if (mask_url !== undefined) return { images, mask: { url: mask_url } };
	const mask =
		maskBinaryField === null
			? null
			: binarySource(context, itemIndex, maskBinaryField, 'maskBinaryField');
	return { images, mask };
}

function binaryNames(context: IExecuteFunctions, itemIndex: number): string[] {
	const names = listIn(context.getNodeParameter('inputBinaryFields', itemIndex));
	if (names.length > 0) return names;
	throw refusal(
		context,
		itemIndex,
		`'${labelOf(['inputBinaryFields'])}' must not be empty`,
		'Name the binary field that holds the image.',
	);
}

function binarySource(
	context: IExecuteFunctions,
	itemIndex: number,
	name: string,
	parameter: string,
): ImageSource {
	const label = labelOf([parameter]);
	const { binary: fields = {} } = context.getInputData()[itemIndex] ?? {};
	const binary = fields[name];
	if (binary === undefined) {
		const names = Object.keys(fields).map((field) => `'${field}'`);
		const there =
			names.length > 0 ? `It has ${names.join(', ')}.` : 'It has no binary data at all.';
		throw refusal(
			context,
			itemIndex,
			`'${label}' names '${name}', and the item has no such binary field`,
			there,
		);
	}
	if (!binary.mimeType.startsWith('image/')) {
		throw refusal(
			context,
			itemIndex,
			`'${label}' names '${name}', which is no image but ${binary.mimeType}`,
			'Runflow edits images only.',
		);
	}
	if (sizeOf(binary) > largestAsset) {
		throw refusal(
			context,
			itemIndex,
			`'${label}' names '${name}', which is larger than 50 MiB`,
			'Runflow takes files of up to 50 MiB. Make the image smaller first.',
		);
	}
	return {
		binary,
		fingerprint: binary.id ?? createHash('sha256').update(binary.data).digest('hex'),
	};
}

/** The size of a binary field in bytes, as far as n8n tells it. */
export function sizeOf({ bytes, data, id }: IBinaryData): number {
	return bytes ?? (id ? 0 : Buffer.byteLength(data, 'base64'));
}

function listIn(text: unknown): string[] {
	return String(text)
		.split(/[,\n]/)
		.map((part) => part.trim())
		.filter((part) => part !== '');
}

function refusal(
	context: IExecuteFunctions,
	itemIndex: number,
	message: string,
	advice: string,
): NodeOperationError {
	const description = `${advice} Nothing was sent to Runflow for this item.`;
	return new NodeOperationError(context.getNode(), message, { itemIndex, description });
}
