import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import {
	clientRefLimit,
	type editFieldsSchema,
	type generateInputSchema,
	type InputFields,
} from '../../../runflow/input';
import { longestLinkDays } from '../fields/options';
import { channelOf, moreSizeValues, sizeToSend, type SizeValue } from '../imageSizes';
import { isTool } from './node';
import { outputOptionsSchema, simplifySchema, type OutputOptions } from './output';
import { Parameters } from './reader';
import { assignments, jsonObject, trimmedOrNull, wholeNumber } from './values';

/** The options of one item. */
export const imageOptionsSchema = outputOptionsSchema.extend({
	additionalInput: jsonObject.default({}),
	clientRef: trimmedOrNull.refine(
		(text) => text === null || text.length <= clientRefLimit,
		`must be at most ${clientRefLimit} characters long`,
	),
	includeInputFields: z.boolean().default(false),
	metadata: assignments.default({}),
	moreSizes: z.array(z.enum(moreSizeValues)).default([]),
	publicLink: wholeNumber(0)
		.max(longestLinkDays, `must be at most ${longestLinkDays} days`)
		.default(0),
	syncMode: z.boolean({ invalid_type_error: 'must be true or false' }).default(false),
});

/** What one item asks for, checked. */
export interface ImageParameters {
	input: InputFields;
	metadata: Record<string, unknown>;
	/** The user's own reference; null if the node is to make one. */
	clientRef: string | null;
	/** The URL that Runflow calls when the run has ended; null for none. */
	callbackUrl: string | null;
	/**
	 * The channel or shape that the size is made for; null for the size of a single picture that isn't a
	 * channel's.
	 */
	channel: string | null;
	/** The sizes of further pictures, as values of 'Image Size'. */
	moreSizes: SizeValue[];
	/** For how many days n8n serves the picture to anyone with its link; 0 for none. */
	publicLinkDays: number;
	output: OutputOptions;
}

/**
 * Reads and checks what one item asks for, except the images to edit. `schema` is that of the operation's
 * fields. Throws NodeOperationError that names the field.
 */
export function readImageParameters(
	context: IExecuteFunctions,
	itemIndex: number,
	schema: typeof generateInputSchema | typeof editFieldsSchema,
): ImageParameters {
	const parameters = new Parameters(context, itemIndex);
	const {
		additionalInput,
		clientRef,
		metadata,
		moreSizes,
		publicLink: publicLinkDays,
		syncMode,
		...output
	} = parameters.options(imageOptionsSchema);
	const size = parameters.given('imageSize');
	const input = parameters.check(schema, {
		prompt: parameters.given('prompt'),
		image_size:
			size === 'custom'
				? { width: parameters.given('width'), height: parameters.given('height') }
				: sizeToSend(size),
		quality: parameters.given('quality'),
		num_images: parameters.given('numImages'),
		output_format: parameters.given('outputFormat'),
		sync_mode: syncMode || parameters.given('syncMode', false),
		...additionalInput,
	});
	const callbackUrl = parameters.read('callbackUrl', trimmedOrNull, '');
	const download = output.download && !isTool(context);
	const simplify = parameters.read('simplify', simplifySchema, true);
	return {
		input,
		metadata,
		clientRef,
		callbackUrl,
		channel: channelOf(input.image_size),
		moreSizes,
		publicLinkDays,
		output: { ...output, download, simplify },
	};
}
