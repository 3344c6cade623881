import { z } from 'zod/v3';

import { customSize } from './customSize';

/** The preset sizes (SEED). */
export const imageSizePresets = [
	'square_hd',
	'square',
	'portrait_4_3',
	'portrait_16_9',
	'landscape_4_3',
	'landscape_16_9',
] as const;

/** One of the preset sizes. */
export const presetSchema = z.enum(imageSizePresets);

const blank = 'must not be empty';

/**
 * The `input` of a run of `openai/gpt-image-2` (SEED; defaults from LLMS). Unknown keys pass through, so
 * that fields added to the model later can be sent.
 */
export const generateInputSchema = z
	.object({
		prompt: z
			.string({ required_error: blank, invalid_type_error: 'must be text' })
			.refine((prompt) => prompt.trim() !== '', blank),
		image_size: z.union([presetSchema, customSize]).default('landscape_4_3'),
		quality: z.enum(['low', 'medium', 'high']).default('high'),
		num_images: z
			.number({ invalid_type_error: 'must be a number' })
			.int('must be a whole number')
			.min(1, 'must be at least 1')
			.default(1),
		output_format: z.enum(['jpeg', 'png', 'webp']).default('png'),
		sync_mode: z.boolean({ invalid_type_error: 'must be true or false' }).default(false),
	})
	.passthrough();

const isImageReference =
	/^(https?:\/*[^\s/]\S*|data:(?![^,]*;base64,)[^,]*,.[^]*|data:[^,]*;base64,[\w+/=%-]+|runflow:\/\/assets\/[^/\s]\S*)$/i;

/** A second URL, except one in the path or query of another, which image services accept. */
const secondUrl = /^https?:.*[^/=?&:](https?:\/\/|data:image\/|runflow:\/\/)/i;

const longestQuote = 80;

/**
 * An image as an http(s) URL, a data URI, or a Runflow asset. Sources disagree on which models accept the
 * last two, so the server decides (EDIT, SDK). Anything else is quoted without its query, which may be
 * signed.
 */
const imageReference = z
	.string({ invalid_type_error: 'must be text' })
	.superRefine((text, context) => {
		if (URL.canParse(text) && isImageReference.test(text) && !secondUrl.test(text)) return;
		const quoted = text.replace(/\?[^]*/, '?…').slice(0, longestQuote);
		context.addIssue({
			code: z.ZodIssueCode.custom,
			message: `must be one URL that starts with https:// or http:// and has no spaces, a data URI or runflow://assets/…, and '${quoted}' is not`,
		});
	});

/**
 * The fields that `openai/gpt-image-2/edit` shares with generate; only the size has an additional value
 * (EDIT, LLMS).
 */
export const editFieldsSchema = generateInputSchema.extend({
	image_size: z.union([z.enum(['auto', ...imageSizePresets]), customSize]).default('auto'),
});

/** The images to edit, by URL (EDIT). How many are allowed is not documented. */
export const editImagesSchema = z.object({
	image_urls: z.array(imageReference).min(1, 'must name at least one image'),
	mask_url: imageReference.optional(),
});

/** The `input` of a run of `openai/gpt-image-2/edit` (EDIT, LLMS). */
export const editInputSchema = editFieldsSchema.merge(editImagesSchema);

/** The checked images to edit. */
export type EditImages = z.infer<typeof editImagesSchema>;

/** The checked input fields of either model. */
export type InputFields = z.infer<typeof editFieldsSchema>;

/** The longest `client_ref` that the API accepts, in characters (BATCH-C, SKILL). */
export const clientRefLimit = 255;

/** The body of `POST /v1/models/…/runs` (SEED, RUN-C). */
export const runRequestSchema = z.object({
	input: editFieldsSchema.merge(editImagesSchema.partial()),
	metadata: z.record(z.unknown()).optional(),
	client_ref: z.string().min(1).max(clientRefLimit).optional(),
	callback_url: z.string().url().max(2048).optional(),
});

/** A checked request body for either model. */
export type RunRequest = z.infer<typeof runRequestSchema>;
