import { customSize } from '../../runflow/customSize';
import { editImagesSchema, generateInputSchema } from '../../runflow/input';

describe('a custom size', () => {
	it.each([
		[1024, 640, 'the fewest pixels'],
		[3840, 2160, 'the most pixels'],
		[3840, 1280, 'a ratio of exactly 3 to 1'],
		[1280, 3840, 'a ratio of exactly 1 to 3'],
	])('of %i × %i has %s and passes', (width, height) => {
		expect(customSize.safeParse({ width, height }).success).toBe(true);
	});

	it.each([
		[1024, 624, 'too few pixels'],
		[3840, 2176, 'too many pixels'],
		[3840, 1264, 'a ratio over 3 to 1'],
		[1000, 1024, 'a width that is not a multiple of 16'],
		[1024, 1000, 'a height that is not a multiple of 16'],
		[3856, 2000, 'an edge over 3840'],
		[0, 1024, 'an edge of 0'],
		[1024.5, 1024, 'a fractional edge'],
	])('of %i × %i has %s and does not pass', (width, height) => {
		expect(customSize.safeParse({ width, height }).success).toBe(false);
	});
});

describe('the input of generate', () => {
	it('has the defaults that the documentation names', () => {
		expect(generateInputSchema.parse({ prompt: 'a sign' })).toEqual({
			prompt: 'a sign',
			image_size: 'landscape_4_3',
			quality: 'high',
			num_images: 1,
			output_format: 'png',
			sync_mode: false,
		});
	});

	it('lets through fields that the model may gain later', () => {
		expect(generateInputSchema.parse({ prompt: 'a sign', background: 'none' })).toMatchObject({
			background: 'none',
		});
	});

	it.each([{}, { prompt: '' }, { prompt: ' \n' }, { prompt: 5 }])('refuses %j', (input) => {
		expect(generateInputSchema.safeParse(input).success).toBe(false);
	});

	it('has no upper limit on images, because sources differ and the server decides', () => {
		expect(generateInputSchema.parse({ prompt: 'a sign', num_images: 10 }).num_images).toBe(10);
	});
});

describe('an image that edit works on', () => {
	it.each([
		'https://example.com/photo.png',
		'HTTP://example.com/photo.png?a=b,c',
		'https://example.com/w_200,h_300/fetch/https://other.example.com/photo.png',
		'https://example.com/resize?url=https://other.example.com/photo.png',
		'data:image/png;base64,iVBORw0KGgo=',
		'data:image/svg+xml,%3Csvg%2F%3E',
		'runflow://assets/01970c11-2222-7333-8444-555566667777',
	])('may be %s, and the server decides whether the model accepts it', (image) => {
		const images = { image_urls: [image], mask_url: image };
		expect(editImagesSchema.parse(images)).toEqual(images);
	});

	it.each([
		'photo.png',
		'ftp://example.com/photo.png',
		'data:image/png;base64',
		'data:image/png;base64,',
		'runflow://assets/',
		'runflow://runs/01970c11-2222-7333-8444-555566667777',
		'file:///etc/passwd',
		'https://example.com/1.png;https://example.com/2.png',
		'https://example.com/1.png|https://example.com/2.png',
		'https://example.com/1.pnghttps://example.com/2.png',
		'https://example.com/1.png, photo.png',
		'https://example.com/1.png data:image/png;base64,iVBORw0KGgo=',
		'data:image/png;base64,iVBORw0KGgo=, photo.png',
	])('can not be %s', (image) => {
		expect(editImagesSchema.safeParse({ image_urls: [image] }).success).toBe(false);
		expect(editImagesSchema.partial().safeParse({ mask_url: image }).success).toBe(false);
	});

	it('is quoted where it is refused, without the query that may be signed', () => {
		const refusalOf = (image: string) =>
			editImagesSchema.safeParse({ image_urls: [image] }).error?.issues[0]?.message;
		expect(refusalOf('photo.png')).toContain("'photo.png'");
		expect(refusalOf('https://a.test/1.png?signature=secret b')).toContain(
			"'https://a.test/1.png?…'",
		);
		expect(refusalOf(`ftp://${'a'.repeat(1000)}`)?.length).toBeLessThan(250);
	});
});
