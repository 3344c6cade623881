import sharp from 'sharp';

import { pixelSizeOf } from '../../nodes/GptImage2/pixelSize';

const picture = sharp({
	create: { width: 321, height: 123, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.5 } },
});
const size = { width: 321, height: 123 };

describe('the size of an image, by its first bytes', () => {
	it.each([
		['PNG', async () => await picture.clone().png().toBuffer()],
		['JPEG', async () => await picture.clone().jpeg().toBuffer()],
		['progressive JPEG', async () => await picture.clone().jpeg({ progressive: true }).toBuffer()],
		[
			'JPEG with a profile and a camera',
			async () =>
				await picture
					.clone()
					.withMetadata({ exif: { IFD0: { Copyright: 'x'.repeat(9000) } }, icc: 'srgb' })
					.jpeg()
					.toBuffer(),
		],
		['lossy WebP', async () => await picture.clone().removeAlpha().webp().toBuffer()],
		['lossless WebP', async () => await picture.clone().webp({ lossless: true }).toBuffer()],
		['WebP with transparency', async () => await picture.clone().webp().toBuffer()],
	])('is that of a %s', async (_kind, draw) => {
		expect(pixelSizeOf(await draw())).toEqual(size);
	});

	it.each([
		['a GIF', async () => await picture.clone().gif().toBuffer()],
		['half a header', async () => (await picture.clone().png().toBuffer()).subarray(0, 19)],
		[
			'a JPEG that ends too soon',
			async () => (await picture.clone().jpeg().toBuffer()).subarray(0, 30),
		],
		['nothing', async () => Buffer.alloc(0)],
		['text', async () => Buffer.from('<html><body>This is no picture at all.')],
	])('is unknown of %s', async (_kind, draw) => {
		expect(pixelSizeOf(await draw())).toBeNull();
	});
});
