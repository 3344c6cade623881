import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';

import { editImagesSchema } from '../../../runflow/input';
import { labelOf } from '../fields/labels';
import {
	binaryReferences,
	readBinaryImage,
	type BinaryImage,
	type BinaryReference,
} from './binaryImage';
import { Parameters } from './reader';
import { imageUrlList, trimmedOrNull } from './values';

/** An image that edit works on. */
export type InputImage = { url: string } | BinaryImage;

/** All images of one item. */
export interface InputImages {
	images: InputImage[];
	mask: InputImage | null;
}

/** The options that name a mask. */
export const maskOptionsSchema = z.object({
	maskBinaryField: z.union([z.record(z.unknown()), trimmedOrNull]).default(null),
	maskUrl: trimmedOrNull,
});

const inputSourceSchema = z.enum(['binary', 'url']).catch('binary');

/**
 * Reads which images an item wants edited, and checks the type and size of each before anything is
 * sent. Throws NodeOperationError that names the field.
 */
export function readInputImages(context: IExecuteFunctions, itemIndex: number): InputImages {
	const parameters = new Parameters(context, itemIndex);
	const fromField = (reference: BinaryReference, parameter: string) =>
		readBinaryImage(context, itemIndex, reference, parameter);

	const { maskBinaryField, maskUrl } = parameters.options(maskOptionsSchema);
	if (maskBinaryField !== null && maskUrl !== null) {
		throw parameters.refuse(
			`'${labelOf(['maskUrl'])}' and '${labelOf(['maskBinaryField'])}' can't be used together`,
			'Remove one of them.',
		);
	}
	const fromUrl = parameters.read('inputSource', inputSourceSchema) === 'url';
	const { image_urls = [], mask_url } = parameters.check(editImagesSchema.partial(), {
		...(fromUrl && { image_urls: parameters.read('inputUrls', imageUrlList) }),
		...(maskUrl !== null && { mask_url: maskUrl }),
	});
	const images = fromUrl
		? image_urls.map((url) => ({ url }))
		: binaryFields(parameters).map((reference) => fromField(reference, 'inputBinaryFields'));
	if (mask_url !== undefined) return { images, mask: { url: mask_url } };
	const mask = maskBinaryField === null ? null : fromField(maskBinaryField, 'maskBinaryField');
	return { images, mask };
}

function binaryFields(parameters: Parameters): BinaryReference[] {
	const references = parameters.read('inputBinaryFields', binaryReferences);
	if (references.length > 0) return references;
	throw parameters.refuse(
		`'${labelOf(['inputBinaryFields'])}' must not be empty`,
		'Name the binary field that holds the image.',
	);
}
