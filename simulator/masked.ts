import sharp from 'sharp';

import type { InputFields } from '../runflow/input';
import type { Size } from './landscape';
import type { Settings } from './options';

/** An image to edit, and the mask that says where. */
export interface Masked {
	image: Buffer;
	mask: Buffer;
}

/**
 * A picture with the image that is edited wherever the mask keeps it. Runflow's own painter makes a mask
 * white where it is to be edited (SDK); the settings may say otherwise.
 */
export async function maskedPicture(
	drawn: Buffer,
	{ image, mask }: Masked,
	{ width, height }: Size,
	format: InputFields['output_format'],
	{ maskEdits }: Pick<Settings, 'maskEdits'>,
): Promise<Buffer> {
	if (maskEdits === 'all') return drawn;
	const grey = sharp(mask).resize(width, height, { fit: 'fill' }).removeAlpha().greyscale();
	const edited = maskEdits === 'white' ? grey : grey.negate();
	const alpha = await edited.toColourspace('b-w').raw().toBuffer();
	const opaque = await sharp(drawn).removeAlpha().png().toBuffer();
	const visible = await sharp(opaque)
		.joinChannel(alpha, { raw: { width, height, channels: 1 } })
		.png()
		.toBuffer();
	return await sharp(image)
		.resize(width, height, { fit: 'fill' })
		.composite([{ input: visible }])
		.toFormat(format)
		.toBuffer();
}
