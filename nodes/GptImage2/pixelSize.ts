/** A size in pixels. */
export interface PixelSize {
	width: number;
	height: number;
}

/** How many bytes of an image contain its size, unless a camera has put a preview before it. */
export const headerBytes = 65_536;

/**
 * Returns the size of an image by its first bytes; null if they don't include it, or if it isn't PNG, JPEG
 * or WebP.
 */
export function pixelSizeOf(head: Buffer): PixelSize | null {
	try {
		return pngSize(head) ?? webpSize(head) ?? jpegSize(head);
	} catch {
		// The bytes end too soon.
		return null;
	}
}

const textAt = (head: Buffer, start: number) => head.toString('latin1', start, start + 4);

function pngSize(head: Buffer): PixelSize | null {
	if (textAt(head, 12) !== 'IHDR') return null;
	return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
}

/** WebP can store a size in three ways: lossy, lossless, and extended. */
function webpSize(head: Buffer): PixelSize | null {
	if (textAt(head, 8) !== 'WEBP') return null;
	switch (textAt(head, 12)) {
		case 'VP8 ':
			return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
		case 'VP8L': {
			const bits = head.readUInt32LE(21);
			return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
		}
		case 'VP8X':
			return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
		default:
			return null;
	}
}

/** The JPEG markers that begin a frame, which contains the size; the other markers in that range don't. */
const isFrame = (marker: number) =>
	marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function jpegSize(head: Buffer): PixelSize | null {
	if (head.readUInt16BE(0) !== 0xffd8) return null;
	let at = 2;
	for (;;) {
		if (head.readUInt8(at) !== 0xff) return null;
		const marker = head.readUInt8(at + 1);
		if (marker === 0xff) at += 1;
		else if (isFrame(marker))
			return { width: head.readUInt16BE(at + 7), height: head.readUInt16BE(at + 5) };
		else at += 2 + head.readUInt16BE(at + 2);
	}
}
