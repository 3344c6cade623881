import sharp from 'sharp';

/** Pixels of a picture. */
export interface Pixels {
	width: number;
	height: number;
}

/** The picture that is edited: the smallest size that the model takes (SEED). */
export const editedSize: Pixels = { width: 1024, height: 640 };

const { width, height } = editedSize;
const halfWidth = width / 2;

const svg = (content: string) =>
	Buffer.from(
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`,
	);

const drawn = new Map<string, Promise<Buffer>>();

/** The content as a PNG without transparency, drawn only once. */
async function draw(content: string): Promise<Buffer> {
	const picture = drawn.get(content) ?? sharp(svg(content)).removeAlpha().png().toBuffer();
	drawn.set(content, picture);
	return await picture;
}

/** A blue picture with a pale disc on either half, to be edited. */
export async function pictureToEdit(): Promise<Buffer> {
	const disc = (x: number) => `<circle cx="${x}" cy="${height / 2}" r="140" fill="#dfe9f5"/>`;
	const discs = disc(halfWidth / 2) + disc(halfWidth * 1.5);
	return await draw(`<rect width="100%" height="100%" fill="#2f5d9b"/>${discs}`);
}

/** A mask of the same size: white on the left, black on the right. */
export async function halfMask(): Promise<Buffer> {
	const left = `<rect width="${halfWidth}" height="100%" fill="white"/>`;
	return await draw(`<rect width="100%" height="100%" fill="black"/>${left}`);
}

/** The pixels and format of a picture. Throws where it is none. */
export async function pixelsOf(picture: Buffer): Promise<Pixels & { format: string }> {
	const { format, ...size } = await sharp(picture).metadata();
	return { width: size.width, height: size.height, format };
}

/** How much each half of a picture differs from another, from 0 to 255 for each colour, on average. */
export async function changesOf(
	before: Buffer,
	after: Buffer,
): Promise<{ left: number; right: number }> {
	const changed = async (left: number) => {
		const half = async (picture: Buffer) =>
			await sharp(picture)
				.removeAlpha()
				.resize(width, height, { fit: 'fill' })
				.extract({ left, top: 0, width: halfWidth, height })
				.raw()
				.toBuffer();
		const [one, other] = await Promise.all([half(before), half(after)]);
		const total = one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0);
		return total / one.length;
	};
	return { left: await changed(0), right: await changed(halfWidth) };
}
