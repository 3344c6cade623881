import { z } from 'zod/v3';

import { numberOrNull, objectOrNull, textOrNull } from './lenient';

/** The URL of an image; a data URI begins with `data:` in lower case, and without a comma it is none. */
const urlSchema = z
	.string()
	.transform((url) => url.trim().replace(/^data:/i, 'data:'))
	.refine((url) => !/^data:[^,]*$/.test(url));

const imageSchema = z
	.union([
		urlSchema.transform((url) => ({ url, width: null, height: null })),
		z
			.object({ url: urlSchema, type: textOrNull, width: numberOrNull, height: numberOrNull })
			.refine(({ type }) => type === null || /^image\b/i.test(type))
			.transform(({ url, width, height }) => ({ url, width, height })),
	])
	.nullable()
	.catch(null);

/** One delivered image: its URL (https or data URI), and its size in pixels where the API says. */
type RunImage = NonNullable<z.infer<typeof imageSchema>>;

const imageListKeys = ['outputs', 'images', 'image_urls', 'image'] as const;
const singleImageKeys = ['url', 'image_url', 'output_url', 'image'] as const;
const urlOfImage = /^(?:https?:\/\/|data:image\/)/i;

/**
 * The images of a run's `output`, in the API's order. `outputs` is the documented list (SEED); the
 * other keys appear in CB, LLMS, COMFY, ADC and TPL, a URL in place of the object in TPL. Outputs of a
 * type other than image are left out (RUNS). Empty where nothing fits.
 */
export function imagesOf(output: unknown): RunImage[] {
	if (typeof output === 'string') {
		const image = urlOfImage.test(output) ? imageSchema.parse(output) : null;
		return image === null ? [] : [image];
	}
	const fields = objectOrNull.parse(output);
	if (fields === null) return [];
	for (const key of imageListKeys) {
		const list = z.array(imageSchema).catch([]).parse(fields[key]);
		const images = list.filter((image): image is RunImage => image !== null);
		if (images.length > 0) return images;
	}
	for (const key of singleImageKeys) {
		const image = imageSchema.parse(fields[key] ?? null);
		if (image !== null) return [image];
	}
	return [];
}
