import { decodeDataUri, extensionOf, mimeTypeOf } from '../../nodes/GptImage2/output/mime';

describe('the MIME type of an image', () => {
	it.each([
		['image/webp', 'https://x/a.png', 'jpeg', 'image/webp'],
		['image/JPEG; charset=binary', null, null, 'image/jpeg'],
		['application/octet-stream', 'https://x/a.webp?b=c.png', 'jpeg', 'image/webp'],
		['binary/octet-stream', 'https://x/a.JPG', null, 'image/jpeg'],
		['text/html', 'https://x/a', 'jpeg', 'image/jpeg'],
		[null, 'no url', 'webp', 'image/webp'],
		['image/*', null, 'webp', 'image/webp'],
		['image/', null, 'jpeg', 'image/jpeg'],
		['image/png, image/png', 'https://x/a.jpg', 'png', 'image/jpeg'],
		[null, null, undefined, 'image/png'],
		['application/octet-stream', 'https://x/a.avif', 'png', 'image/avif'],
		[null, 'https://x/a.TIF', 'png', 'image/tiff'],
		[null, 'https://x/a.constructor', 'webp', 'image/webp'],
	])('from header %s, URL %s and format %s is %s', (header, url, format, expected) => {
		expect(mimeTypeOf({ header, url, format })).toBe(expected);
	});

	it.each([
		['image/jpeg', 'jpg'],
		['image/png', 'png'],
		['image/webp', 'webp'],
		['image/svg+xml', 'svg'],
		['image/x-icon', 'ico'],
		['image/vnd.microsoft.icon', 'ico'],
		['image/gif', 'gif'],
		['image/avif', 'avif'],
		['image/bmp', 'bmp'],
		['image/x-ms-bmp', 'bmp'],
		['image/tiff', 'tiff'],
		['image/heic', 'heic'],
		['image/heif', 'heif'],
		['image/jxl', 'jxl'],
		['image/vnd.adobe.photoshop', 'psd'],
		['image/x-tga', 'tga'],
		['image/qoi', 'qoi'],
		['image/vnd.some-thing.else', 'img'],
		['image/../../etc', 'img'],
		['image/', 'img'],
		['image/*', 'img'],
		['constructor', 'img'],
	])('%s has the extension %s', (mimeType, extension) => {
		expect(extensionOf(mimeType)).toBe(extension);
	});
});

describe('a data URI', () => {
	it.each([
		['data:image/webp;base64,aGk=', 'image/webp', 'hi'],
		['data:;base64,aGk=', null, 'hi'],
		['data:text/plain,h%20i', null, 'h i'],
		['data:image/svg+xml;charset=utf-8;base64,aGk=', 'image/svg+xml', 'hi'],
	])('%s decodes to its type and bytes', (uri, mimeType, text) => {
		expect(decodeDataUri(uri)).toEqual({ mimeType, bytes: Buffer.from(text) });
	});

	it.each(['https://x/data:', 'data:image/png'])('is not %s', (uri) => {
		expect(decodeDataUri(uri)).toBeNull();
	});
});
