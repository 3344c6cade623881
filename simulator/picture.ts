import sharp from 'sharp';

import type { InputFields } from '../runflow/input';
import { landscape, type Size } from './landscape';
import type { Settings } from './options';

const font = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');

/** Pixels of the presets; the seed has only their names, so these are plausible sizes within its rules. */
const presets: Readonly<Record<string, Size>> = {
	square_hd: { width: 1536, height: 1536 },
	square: { width: 1024, height: 1024 },
	portrait_4_3: { width: 960, height: 1280 },
	portrait_16_9: { width: 864, height: 1536 },
	landscape_4_3: { width: 1280, height: 960 },
	landscape_16_9: { width: 1536, height: 864 },
};

const defaultSize: Size = { width: 1280, height: 960 };

/** The pixels of an `image_size`, as the settings have them. */
export function sizeOf(
	imageSize: InputFields['image_size'],
	{ customSizeOff, presetPixels }: Pick<Settings, 'customSizeOff' | 'presetPixels'>,
): Size {
	if (typeof imageSize === 'string') {
		return presetPixels[imageSize] ?? presets[imageSize] ?? defaultSize;
	}
	return { width: imageSize.width + customSizeOff, height: imageSize.height };
}

/**
 * Draws a picture of the requested size and format: a landscape that depends on the prompt, with the prompt as its
 * caption and, for an edit, the edited image in a corner.
 */
export async function drawPicture(
	input: InputFields,
	index: number,
	{ width, height }: Size,
	edited: Buffer | null,
): Promise<Buffer> {
	const margin = Math.round(Math.min(width, height) * 0.05);
	const caption = await drawText(input.prompt, { width: width * 0.86, height: height * 0.2 });
	const note = await drawText(
		`Simulated picture ${index + 1} of ${input.num_images}, ${width} × ${height}, ${input.quality} quality`,
		{ width: width * 0.6, height: Math.max(16, height * 0.024) },
	);
	const heightOf = async (image: Buffer) => (await sharp(image).metadata()).height;
	const noteTop = height - margin - (await heightOf(note));
	const captionTop = Math.max(0, noteTop - margin - (await heightOf(caption)));
	const picture = sharp(landscape(input.prompt, index, { width, height })).composite([
		{ input: caption, left: margin, top: captionTop },
		{ input: note, left: margin, top: noteTop },
		...(edited ? [{ input: edited, gravity: 'northwest' }] : []),
	]);
	return await picture.toFormat(input.output_format).toBuffer();
}

/** What has no shape of its own, such as a NUL, which ends the text, or a mark of direction, which leaves it empty. */
const shapeless = /(?![\n\t\u200d])\p{C}/gu;

async function drawText(text: string, { width, height }: Size): Promise<Buffer> {
	const escaped = text
		.slice(0, 600)
		.replaceAll(shapeless, '\ufffd')
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;');
	const image = sharp({
		text: {
			text: `<span foreground="white">${escaped}</span>`,
			font: 'DejaVu Sans',
			fontfile: font,
			width: Math.floor(width),
			height: Math.floor(height),
			rgba: true,
		},
	});
	return await image.png().toBuffer();
}
