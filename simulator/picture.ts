import { createHash } from 'node:crypto';

import sharp from 'sharp';

import type { InputFields } from '../runflow/input';

const font = require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');

type Size = { width: number; height: number };

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

/** The pixels of an `image_size`. */
export function sizeOf(imageSize: unknown): Size {
	if (typeof imageSize === 'string') return presets[imageSize] ?? defaultSize;
	return imageSize as Size;
}

/**
 * Draws a picture of the requested size and format with its prompt on it and, for an edit, the edited image in a
 * corner; the colours depend on the prompt.
 */
export async function drawPicture(
	input: InputFields,
	index: number,
	edited: Buffer | null,
): Promise<Buffer> {
	const { width, height } = sizeOf(input.image_size);
	const hue = createHash('sha256').update(`${input.prompt}${index}`).digest()[0] ?? 0;
	const background = Buffer.from(
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
			<defs><linearGradient id="sky" x1="0" y1="0" x2="1" y2="1">
				<stop offset="0" stop-color="hsl(${hue}, 55%, 22%)"/>
				<stop offset="1" stop-color="hsl(${(hue + 60) % 360}, 60%, 45%)"/>
			</linearGradient></defs>
			<rect width="100%" height="100%" fill="url(#sky)"/>
			<circle cx="${width * 0.82}" cy="${height * 0.2}" r="${Math.min(width, height) * 0.09}" fill="hsl(${(hue + 180) % 360}, 80%, 65%)"/>
		</svg>`,
	);
	const shorter = Math.min(width, height);
	const prompt = await drawText(input.prompt, { width: width * 0.8, height: height * 0.45 });
	const note = await drawText(
		`Simulated picture ${index + 1} of ${input.num_images}, ${width} × ${height}, ${input.quality} quality`,
		{ width: width * 0.6, height: Math.max(16, shorter * 0.03) },
	);
	const picture = sharp(background).composite([
		{ input: prompt, gravity: 'centre' },
		{ input: note, gravity: 'south' },
		...(edited ? [{ input: edited, gravity: 'northwest' }] : []),
	]);
	return await picture.toFormat(input.output_format).toBuffer();
}

async function drawText(text: string, { width, height }: Size): Promise<Buffer> {
	const escaped = text
		.slice(0, 600)
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
			align: 'centre',
			rgba: true,
		},
	});
	return await image.png().toBuffer();
}
