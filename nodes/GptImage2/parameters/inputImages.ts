import { createHash } from 'node:crypto';

import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { largestAssetBytes } from '../../../runflow/assets';
import { editImagesSchema } from '../../../runflow/input';
import { labelOf } from '../fields/labels';
import { Parameters } from './reader';
import { textList, trimmedOrNull } from './values';

/** An image that comes with the item and has to be uploaded. */
export interface BinaryImage {
	binary: IBinaryData;
	/** Tells this image from any other. */
	fingerprint: string;
}

/** An image that edit works on. */
export type InputImage = { url: string } | BinaryImage;

/** All images of one item. */
export interface InputImages {
	images: InputImage[];
	mask: InputImage | null;
}

/** The options that name a mask. */
export const maskOptionsSchema = z.object({
	maskBinaryField: trimmedOrNull,
	maskUrl: trimmedOrNull,
});

const inputSourceSchema = z.enum(['binary', 'url']).catch('binary');

/**
 * Reads which images an item wants edited, and checks the type and size of each before anything is
 * sent. Throws NodeOperationError that names the field.
 */
export function readInputImages(context: IExecuteFunctions, itemIndex: number): InputImages {
	const parameters = new Parameters(context, itemIndex);
	const { binary: fields = {} } = context.getInputData()[itemIndex] ?? {};
	const fromField = (name: string, parameter: string) =>
		binaryImage(parameters, fields, name, parameter);

	const { maskBinaryField, maskUrl } = parameters.options(maskOptionsSchema);
	if (maskBinaryField !== null && maskUrl !== null) {
		throw parameters.refuse(
			`'${labelOf(['maskUrl'])}' and '${labelOf(['maskBinaryField'])}' can't be used together`,
			'Remove one of them.',
		);
	}
	const fromUrl = parameters.read('inputSource', inputSourceSchema) === 'url';
	const { image_urls = [], mask_url } = parameters.check(editImagesSchema.partial(), {
		...(fromUrl && { image_urls: parameters.read('inputUrls', textList) }),
		...(maskUrl !== null && { mask_url: maskUrl }),
	});
	const images = fromUrl
		? image_urls.map((url) => ({ url }))
		: binaryNames(parameters).map((name) => fromField(name, 'inputBinaryFields'));
	if (mask_url !== undefined) return { images, mask: { url: mask_url } };
	const mask = maskBinaryField === null ? null : fromField(maskBinaryField, 'maskBinaryField');
	return { images, mask };
}

function binaryNames(parameters: Parameters): string[] {
	const names = parameters.read('inputBinaryFields', textList);
	if (names.length > 0) return names;
	throw parameters.refuse(
		`'${labelOf(['inputBinaryFields'])}' must not be empty`,
		'Name the binary field that holds the image.',
	);
}

function binaryImage(
	parameters: Parameters,
	fields: Record<string, IBinaryData>,
	name: string,
	parameter: string,
): InputImage {
	const named = `'${labelOf([parameter])}' names '${name}'`;
	const binary = fields[name];
	if (binary === undefined) {
		const names = Object.keys(fields).map((field) => `'${field}'`);
		throw parameters.refuse(
			`${named}, and the item has no such binary field`,
			names.length > 0 ? `It has ${names.join(', ')}.` : 'It has no binary data at all.',
		);
	}
	if (!binary.mimeType.startsWith('image/')) {
		throw parameters.refuse(
			`${named}, which is not an image but ${binary.mimeType}`,
			'Runflow edits images only.',
		);
	}
	if (sizeInBytes(binary) > largestAssetBytes) {
		throw parameters.refuse(
			`${named}, which is larger than 50 MiB`,
			'Runflow accepts files of up to 50 MiB. Make the image smaller first.',
		);
	}
	return {
		binary,
		fingerprint: binary.id ?? createHash('sha256').update(binary.data).digest('hex'),
	};
}

/** The size of a binary field in bytes; 0 where n8n doesn't say. */
export function sizeInBytes({ bytes, data, id }: IBinaryData): number {
	return bytes ?? (id ? 0 : Buffer.byteLength(data, 'base64'));
}
