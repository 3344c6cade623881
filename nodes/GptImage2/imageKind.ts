/** A kind of image, recognized by the bytes of its files as Latin-1. */
interface ImageKind {
	mimeType: string;
	begins: RegExp;
	/** What a complete file ends with, or the size in bytes that it says it has. */
	ends?: RegExp;
	sizeBytes?: (head: Buffer) => number;
}

/** This many bytes distinguish every kind of image from any other file. */
export const headBytes = 32;

/** This many of its last bytes show whether an image is complete, including a few after its end. */
export const tailBytes = 64;

/** An image that has been read. */
interface ReadImage {
	head: Buffer;
	tail: Buffer;
	sizeBytes: number;
}

const kinds: readonly ImageKind[] = [
	{ mimeType: 'image/png', begins: /^\x89PNG/, ends: /IEND\xaeB`\x82/ },
	{ mimeType: 'image/jpeg', begins: /^\xff\xd8\xff/, ends: /\xff\xd9/ },
	{
		mimeType: 'image/webp',
		begins: /^RIFF[^]{4}WEBP/,
		sizeBytes: (head) => head.readUInt32LE(4) + 8,
	},
	{ mimeType: 'image/gif', begins: /^GIF8[79]a/, ends: /;$/ },
	{ mimeType: 'image/avif', begins: /^[^]{4}ftyp(?:avif|avis)/ },
	{ mimeType: 'image/heic', begins: /^[^]{4}ftyp(?:hei[cmsx]|hev[cmsx])/ },
	{ mimeType: 'image/heif', begins: /^[^]{4}ftyp(?:mif1|msf1)/ },
	{ mimeType: 'image/jxl', begins: /^(?:\xff\n|\0\0\0\fJXL )/ },
	{ mimeType: 'image/tiff', begins: /^(?:II\*\0|MM\0\*)/ },
	{ mimeType: 'image/bmp', begins: /^BM[^]{4}\0\0\0\0/ },
	{ mimeType: 'image/vnd.microsoft.icon', begins: /^\0\0\cA\0/ },
	{ mimeType: 'image/vnd.adobe.photoshop', begins: /^8BPS/ },
];

/**
 * Returns the kind of image that a file with these first bytes is; null for anything else, and for too few
 * bytes.
 */
export function imageKindOf(head: Buffer): ImageKind | null {
	const text = head.toString('latin1', 0, headBytes);
	return kinds.find(({ begins }) => begins.test(text)) ?? null;
}

/** Whether an image ends as one of its kind should; true if nothing is known about its kind. */
export function hasItsEnd(kind: ImageKind, { head, tail, sizeBytes }: ReadImage): boolean {
	if (kind.sizeBytes !== undefined) return sizeBytes >= kind.sizeBytes(head);
	return kind.ends?.test(tail.toString('latin1')) ?? true;
}
