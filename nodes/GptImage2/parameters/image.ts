import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod/v3';

import {
	clientRefLimit,
	type editFieldsSchema,
	type generateInputSchema,
	type InputFields,
} from '../../../runflow/input';
import { isTool } from './node';
import { outputOptionsSchema, type OutputOptions } from './output';
import { Parameters } from './reader';
import { assignments, jsonObject, trimmedOrNull } from './values';

/** The options of one item. */
export const imageOptionsSchema = outputOptionsSchema.extend({
	additionalInput: jsonObject.default({}),
	clientRef: trimmedOrNull.refine(
		(text) => text === null || text.length <= clientRefLimit,
		`must be at most ${clientRefLimit} characters long`,
	),
	metadata: assignments.default({}),
});

/** What one item asks for, checked. */
export interface ImageParameters {
	input: InputFields;
	metadata: Record<string, unknown>;
	/** The user's own reference, null where the node is to make one. */
	clientRef: string | null;
	/** The URL that Runflow is to call when the run has ended; null for none. */
	callbackUrl: string | null;
	output: OutputOptions;
}

/**
 * Reads and checks what one item asks for, except the images that edit works on. `schema` is that of
 * the operation's fields. Throws NodeOperationError that names the field.
 */
export function readImageParameters(
	context: IExecuteFunctions,
	itemIndex: number,
	schema: typeof generateInputSchema | typeof editFieldsSchema,
): ImageParameters {
	const parameters = new Parameters(context, itemIndex);
	const { additionalInput, clientRef, metadata, ...output } =
		parameters.options(imageOptionsSchema);
	const field = (name: string, fallback?: unknown) => parameters.read(name, z.unknown(), fallback);
	const size = field('imageSize');
	const input = parameters.check(schema, {
		prompt: field('prompt'),
		image_size: size === 'custom' ? { width: field('width'), height: field('height') } : size,
		quality: field('quality'),
		num_images: field('numImages'),
		output_format: field('outputFormat'),
		sync_mode: field('syncMode', false),
		...additionalInput,
	});
	const callbackUrl = parameters.read('callbackUrl', trimmedOrNull, '');
	const download = output.download && !isTool(context);
	return { input, metadata, clientRef, callbackUrl, output: { ...output, download } };
}
