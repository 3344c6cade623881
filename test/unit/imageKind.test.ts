import sharp from 'sharp';

import { hasItsEnd, headBytes, imageKindOf, tailBytes } from '../../nodes/GptImage2/imageKind';

const square = sharp({ create: { width: 8, height: 8, channels: 3, background: 'teal' } });

const made = (['png', 'jpeg', 'webp', 'gif', 'avif', 'tiff'] as const).map(
	async (format) => [`image/${format}`, await square.clone().toFormat(format).toBuffer()] as const,
);

const begins = (...hex: string[]) => Buffer.from(hex.join(''), 'hex');

const partsOf = (bytes: Buffer) => ({
	head: bytes.subarray(0, headBytes),
	tail: bytes.subarray(-tailBytes),
	sizeBytes: bytes.length,
});

describe('the kind of an image', () => {
	it('is known by its first bytes, whatever made it', async () => {
		for (const [mimeType, bytes] of await Promise.all(made)) {
			expect(imageKindOf(bytes.subarray(0, headBytes))?.mimeType).toBe(mimeType);
		}
	});

	it.each([
		['image/heic', begins('00000018', Buffer.from('ftypheic').toString('hex'))],
		['image/heif', begins('00000018', Buffer.from('ftypmif1').toString('hex'))],
		['image/jxl', begins('0000000c4a584c20')],
		['image/bmp', begins('424d', '36000000', '00000000')],
		['image/vnd.microsoft.icon', begins('00000100')],
		['image/vnd.adobe.photoshop', Buffer.from('8BPS')],
	])('is known where it is %s', (mimeType, head) => {
		expect(imageKindOf(head)?.mimeType).toBe(mimeType);
	});

	it.each(['', '%PDF-1.7', '<!doctype html>', '{"url":"PNG"}', 'RIFF1234WAVE', 'GIF'])(
		'is none of %j',
		(text) => {
			expect(imageKindOf(Buffer.from(text))).toBeNull();
		},
	);

	it('tells a whole image from one that was cut off', async () => {
		for (const [mimeType, bytes] of await Promise.all(made)) {
			const kind = imageKindOf(bytes);
			const isWhole = (part: Buffer) => kind !== null && hasItsEnd(kind, partsOf(part));
			expect([mimeType, isWhole(bytes)]).toEqual([mimeType, true]);
			const hasKnownEnd = !['image/avif', 'image/tiff'].includes(mimeType);
			expect([mimeType, isWhole(bytes.subarray(0, -9))]).toEqual([mimeType, !hasKnownEnd]);
		}
	});
});
