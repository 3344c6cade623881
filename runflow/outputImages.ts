import { z } from 'zod/v3';

import { numberIn, objectIn, textIn } from './lenient';

/** The URL of an image. A data URI begins with `data:` in lower case; without a comma it isn't one. */
const urlSchema = z
	.string()
	.transform((url) => url.trim().replace(/^data:/i, 'data:'))
	.refine((url) => !/^data:[^,]*$/.test(url));

/** One delivered image: its URL (https or data URI), and its size in pixels if the API reports it. */
interface RunImage {
	url: string;
	width: number | null;
	height: number | null;
}

/**
 * Keys that contain the images of an output: the documented list (SEED), and those of CB, LLMS, COMFY, ADC
 * and TPL.
 */
const imageKeys = [
	...['outputs', 'images', 'image_urls', 'image', 'url', 'image_url', 'output_url'],
	...['output', 'result', 'results', 'data', 'files'],
];
const urlOfImage = /^\s*(?:https?:\/\/|data:image\/)/i;

/** Deeper levels are not searched. */
const deepest = 8;

/**
 * The images of a run's `output`, in the API's order. The output may be one image, several, or something
 * that contains them, possibly as JSON in a text. Outputs of a type other than image are left out (RUNS).
 * Empty if nothing fits.
 */
export function imagesOf(output: unknown): RunImage[] {
	const isOtherText = typeof output === 'string' && !urlOfImage.test(output);
	return imagesIn(isOtherText ? parse(output) : output, 0);
}

function imagesIn(value: unknown, depth: number): RunImage[] {
	if (depth > deepest) return [];
	if (Array.isArray(value)) return value.flatMap((part) => imagesIn(part, depth + 1));
	if (typeof value === 'string') {
		const held = parse(value);
		if (held !== null) return imagesIn(held, depth + 1);
		const { data: url } = urlSchema.safeParse(value);
		return url === undefined ? [] : [{ url, width: null, height: null }];
	}
	const fields = objectIn(value);
	if (fields === null) return [];
	if ('url' in fields) {
		if (!isImage(fields)) return [];
		const { data: url } = urlSchema.safeParse(fields.url);
		const size = { width: numberIn(fields.width), height: numberIn(fields.height) };
		if (url !== undefined) return [{ url, ...size }];
	}
	for (const key of imageKeys) {
		const images = imagesIn(fields[key], depth + 1);
		if (images.length > 0) return images;
	}
	return [];
}

/** Whether an output may be an image, by its type, or by its MIME type alone. */
function isImage({ content_type, mime_type, type }: Record<string, unknown>): boolean {
	const types = [type, mime_type, content_type].flatMap((value) => textIn(value) ?? []);
	return types.length === 0 || types.some((text) => /^image\b/i.test(text));
}

/** The object or list that a text contains as JSON; null for any other text. */
function parse(text: string): unknown {
	if (!/^\s*[[{]/.test(text)) return null;
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
