import type { z } from 'zod/v3';

import { imageSizePresets, presetSchema } from '../../runflow/input';
import type { PixelSize } from './pixelSize';

/** A size for a channel: the value that workflows save, the label, and what it is made for. */
interface ChannelSize extends PixelSize {
	value: string;
	name: string;
	/** The size or shape that the channel recommends. */
	recommended: string;
}

/**
 * Sizes by channel. Each has exactly the channel's ratio if two multiples of 16 allow it, otherwise the
 * nearest one, and about as many pixels as the channel asks for. No two are the same, so a size identifies
 * its channel.
 */
export const channelSizes: readonly ChannelSize[] = [
	{
		value: 'a4_landscape',
		name: 'A4 Landscape (Print)',
		width: 3168,
		height: 2240,
		recommended: '1.414:1, to within a hundredth of a percent',
	},
	{
		value: 'a4_portrait',
		name: 'A4 Portrait (Print)',
		width: 2240,
		height: 3168,
		recommended: '1:1.414, to within a hundredth of a percent',
	},
	{
		value: 'banner',
		name: 'Banner 3:1 (Header, Cover)',
		width: 1536,
		height: 512,
		recommended: 'exactly 3:1',
	},
	{
		value: 'facebook_link',
		name: 'Facebook and LinkedIn Link 1.91:1',
		width: 1280,
		height: 672,
		recommended: 'exactly the shape of 1,200 × 630',
	},
	{
		value: 'instagram_post',
		name: 'Instagram Post 4:5',
		width: 1088,
		height: 1360,
		recommended: 'exactly 4:5',
	},
	{
		value: 'instagram_story',
		name: 'Instagram Story 9:16 (Reel, Short)',
		width: 1152,
		height: 2048,
		recommended: 'exactly 9:16',
	},
	{
		value: 'linkedin_post',
		name: 'LinkedIn Post 1:1',
		width: 1200,
		height: 1200,
		recommended: 'exactly 1:1',
	},
	{
		value: 'pinterest_pin',
		name: 'Pinterest Pin 2:3',
		width: 1024,
		height: 1536,
		recommended: 'exactly 2:3',
	},
	{
		value: 'presentation',
		name: 'Presentation 16:9 (Slide)',
		width: 2048,
		height: 1152,
		recommended: 'exactly 16:9',
	},
	{
		value: 'youtube_thumbnail',
		name: 'Thumbnail 16:9 (YouTube)',
		width: 1280,
		height: 720,
		recommended: 'exactly 16:9',
	},
	{
		value: 'x_post',
		name: 'X Post 16:9 (Twitter)',
		width: 1536,
		height: 864,
		recommended: 'exactly 16:9',
	},
];

/** The API's own shapes, with labels that say what each is for (SEED names the shapes but no pixels). */
export const presetSizes: ReadonlyArray<{ value: string; name: string }> = [
	{ value: 'landscape_16_9', name: 'Landscape 16:9 (Video, Slide)' },
	{ value: 'landscape_4_3', name: 'Landscape 4:3 (Blog, Presentation)' },
	{ value: 'portrait_4_3', name: 'Portrait 3:4 (Flyer, Poster)' },
	{ value: 'portrait_16_9', name: 'Portrait 9:16 (Story, Reel, Short)' },
	{ value: 'square', name: 'Square 1:1 (Post)' },
	{ value: 'square_hd', name: 'Square HD 1:1 (Post, Product)' },
];

/**
 * The values of all sizes except 'auto' and the user's own. Their order must never change, because a size
 * is recognized by its position.
 */
export const moreSizeValues = [
	'instagram_post',
	'instagram_story',
	'facebook_link',
	'linkedin_post',
	'x_post',
	'pinterest_pin',
	'youtube_thumbnail',
	'banner',
	'presentation',
	'a4_portrait',
	'a4_landscape',
	...imageSizePresets,
] as const;

/** The value of one of these sizes. */
export type SizeValue = (typeof moreSizeValues)[number];

/** More items than a node can have. */
const itemsAtMost = 10_000_000;

/**
 * Returns the number of the request for an item in a further size. It doesn't depend on which other sizes
 * are chosen.
 */
export function requestNumberOf(itemIndex: number, size: SizeValue): number {
	return itemIndex + (moreSizeValues.indexOf(size) + 1) * itemsAtMost;
}

/** The pixels of a channel's size; null for any other value. */
function pixelsOfChannel(value: unknown): PixelSize | null {
	const found = channelSizes.find((size) => size.value === value);
	return found === undefined ? null : { width: found.width, height: found.height };
}

/** What to send for a value of 'Image Size': the pixels of a channel's size; anything else unchanged. */
export function sizeToSend(value: unknown): unknown {
	return pixelsOfChannel(value) ?? value;
}

/** What to send for a further size. */
export function furtherSizeOf(value: SizeValue): z.infer<typeof presetSchema> | PixelSize {
	return pixelsOfChannel(value) ?? presetSchema.parse(value);
}

/** The value of the channel that has this size; null for any other size. */
export function channelOf(size: unknown): string | null {
	const { width = null, height = null } = pixelsOf(size);
	const found = channelSizes.find((one) => one.width === width && one.height === height);
	return found?.value ?? null;
}

function pixelsOf(size: unknown): Partial<Record<keyof PixelSize, unknown>> {
	return typeof size === 'object' && size !== null ? size : {};
}
