import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import { editImagesSchema } from '../../../runflow/input';
import { labelOf } from '../fields/labels';
import {
	binaryReferences,
	readBinaryImage,
	type BinaryImage,
	type BinaryReference,
} from './binaryImage';
import { Parameters } from './reader';
import { runIdSchema } from './run';
import { sharePageOf } from './sharePage';
import { imageNumberSchema, imageRows, imageUrlList, trimmedOrNull } from './values';

/** An image given by the item itself. */
export type OwnImage = { url: string } | BinaryImage;

/** Images of an earlier run: the one with this number, counted from 1, or all for 0. */
export interface EarlierImages {
	runId: string;
	imageNumber: number;
}

/** What to edit: an image, or the images of an earlier run. */
export type InputImage = OwnImage | EarlierImages;

/** All images of one item. */
export interface InputImages {
	images: InputImage[];
	mask: OwnImage | null;
}

/** The options that name a mask. */
export const maskOptionsSchema = z.object({
	maskBinaryField: z.union([z.record(z.unknown()), trimmedOrNull]).default(null),
	maskUrl: trimmedOrNull,
});

const inputSourceSchema = z.enum(['binary', 'run', 'url']).catch('binary');

/**
 * Reads which images an item wants to edit, and checks the type and size of each before anything is sent.
 * Throws NodeOperationError that names the field.
 */
export async function readInputImages(
	context: IExecuteFunctions,
	itemIndex: number,
): Promise<InputImages> {
	const parameters = new Parameters(context, itemIndex);
	const fromField = async (reference: BinaryReference, parameter: string) =>
		await readBinaryImage(context, itemIndex, reference, parameter);

	const { maskBinaryField, maskUrl } = parameters.options(maskOptionsSchema);
	if (maskBinaryField !== null && maskUrl !== null) {
		throw parameters.refuse(
			`'${labelOf(['maskUrl'])}' and '${labelOf(['maskBinaryField'])}' can't be used together`,
			'Remove one of them.',
		);
	}
	const source = parameters.read('inputSource', inputSourceSchema);
	const { image_urls = [], mask_url } = parameters.check(editImagesSchema.partial(), {
		...(source === 'url' && {
			image_urls: [
				...parameters.read('inputUrls', imageUrlList, ''),
				...parameters.read('inputUrlRows', imageRows, {}),
			],
		}),
		...(maskUrl !== null && { mask_url: maskUrl }),
	});
	assertNoPages(parameters, 'inputUrls', image_urls);
	assertNoPages(parameters, 'maskUrl', mask_url === undefined ? [] : [mask_url]);
	const readImages = {
		binary: async () =>
			await Promise.all(
				binaryFields(parameters).map(
					async (reference) => await fromField(reference, 'inputBinaryFields'),
				),
			),
		run: async () => [earlierImages(parameters)],
		url: async () => image_urls.map((url) => ({ url })),
	};
	const images = await readImages[source]();
	if (mask_url !== undefined) return { images, mask: { url: mask_url } };
	const mask =
		maskBinaryField === null ? null : await fromField(maskBinaryField, 'maskBinaryField');
	return { images, mask };
}

/** Refuses the address of a page, which Runflow would fail to read as an image once the run is paid for. */
function assertNoPages(parameters: Parameters, name: string, urls: string[]): void {
	for (const url of urls) {
		const page = sharePageOf(url);
		if (page === null) continue;
		throw parameters.refuse(
			`'${labelOf([name])}' has a link to a page of ${page.service}, not to an image`,
			page.advice,
		);
	}
}

function earlierImages(parameters: Parameters): EarlierImages {
	return {
		runId: parameters.read('inputRunId', runIdSchema),
		imageNumber: parameters.read('inputImageNumber', imageNumberSchema),
	};
}

function binaryFields(parameters: Parameters): BinaryReference[] {
	const references = parameters.read('inputBinaryFields', binaryReferences);
	if (references.length > 0) return references;
	throw parameters.refuse(
		`'${labelOf(['inputBinaryFields'])}' must not be empty`,
		'Name the binary field that holds the image.',
	);
}
