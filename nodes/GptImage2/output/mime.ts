/** The usual extension of each image type; if a type has two names, the one to write comes first. */
const knownTypes: ReadonlyArray<readonly [mimeType: string, extension: string]> = [
	['image/avif', 'avif'],
	['image/bmp', 'bmp'],
	['image/gif', 'gif'],
	['image/heic', 'heic'],
	['image/heif', 'heif'],
	['image/jpeg', 'jpg'],
	['image/jpeg', 'jpeg'],
	['image/jpg', 'jpg'],
	['image/jxl', 'jxl'],
	['image/png', 'png'],
	['image/svg+xml', 'svg'],
	['image/tiff', 'tiff'],
	['image/tiff', 'tif'],
	['image/vnd.adobe.photoshop', 'psd'],
	['image/vnd.microsoft.icon', 'ico'],
	['image/webp', 'webp'],
	['image/x-icon', 'ico'],
	['image/x-ms-bmp', 'bmp'],
];

const defaultMimeType = 'image/png';
const defaultExtension = 'img';

/**
 * Returns the file extension for an image MIME type, without the dot; for an unknown type, its subtype if
 * that is usable.
 */
export function extensionOf(mimeType: string): string {
	const known = knownTypes.find(([type]) => type === mimeType)?.[1];
	return known ?? /^image\/(?:x-)?([a-z0-9]{1,5})$/.exec(mimeType)?.[1] ?? defaultExtension;
}

function typeWithExtension(extension: unknown): string | undefined {
	return knownTypes.find(([, known]) => known === extension)?.[0];
}

/** A complete type, not a list of types or a wildcard. */
const imageType = /^image\/[a-z0-9][a-z0-9.+-]*$/;

/** What indicates an image's type; null if there is no such hint. */
export interface MimeHints {
	/** The response's Content-Type; anything but `image/…`, such as octet-stream, is ignored. */
	header: string | null;
	url: string | null;
	/** The requested `output_format`. */
	format: unknown;
}

/**
 * Returns the MIME type of an image, from the response header, otherwise the URL's path, otherwise the
 * requested format.
 */
export function mimeTypeOf({ header, url, format }: MimeHints): string {
	const fromHeader = header?.split(';')[0]?.trim().toLowerCase();
	if (fromHeader && imageType.test(fromHeader)) return fromHeader;
	const extension = url === null ? null : /\.([a-z]+)$/i.exec(pathOf(url))?.[1]?.toLowerCase();
	return typeWithExtension(extension) ?? typeWithExtension(format) ?? defaultMimeType;
}

function pathOf(url: string): string {
	return URL.canParse(url) ? new URL(url).pathname : '';
}

/** A decoded data URI: its bytes, and the MIME type it names; null if it names no image type. */
interface DataUri {
	mimeType: string | null;
	bytes: Buffer;
}

/** Returns the bytes of a text in which some are written as `%` and two digits; any other `%` is kept. */
function unescapeBytes(text: string): Buffer {
	const escaped = Buffer.from(text).toString('latin1');
	const bytes = escaped.replace(/%([0-9a-f]{2})/gi, (_match, digits: string) =>
		String.fromCharCode(Number.parseInt(digits, 16)),
	);
	return Buffer.from(bytes, 'latin1');
}

/** Decodes a data URI; returns null for any other text. */
export function decodeDataUri(uri: string): DataUri | null {
	if (!uri.startsWith('data:')) return null;
	const comma = uri.indexOf(',');
	if (comma === -1) return null;
	const [mimeType, ...parameters] = uri.slice('data:'.length, comma).toLowerCase().split(';');
	const text = uri.slice(comma + 1);
	const bytes = parameters.includes('base64') ? Buffer.from(text, 'base64') : unescapeBytes(text);
	return { mimeType: mimeType?.startsWith('image/') ? mimeType : null, bytes };
}
