import { sizeOptions } from '../../nodes/GptImage2/fields/sizes';
import {
	channelOf,
	channelSizes,
	furtherSizeOf,
	moreSizeValues,
	requestNumberOf,
	sizeToSend,
} from '../../nodes/GptImage2/imageSizes';
import { customSize } from '../../runflow/customSize';

describe('the sizes by channel', () => {
	it.each(channelSizes)('of $value can be made', ({ height, width }) => {
		expect(customSize.safeParse({ width, height }).success).toBe(true);
	});

	it.each([
		['instagram_post', 4 / 5],
		['instagram_story', 9 / 16],
		['facebook_link', 1200 / 630],
		['linkedin_post', 1],
		['x_post', 16 / 9],
		['pinterest_pin', 2 / 3],
		['youtube_thumbnail', 16 / 9],
		['banner', 3],
		['presentation', 16 / 9],
	])('have exactly the ratio of the channel: %s', (value, ratio) => {
		const { height = 0, width = 0 } = channelSizes.find((size) => size.value === value) ?? {};
		expect(width / height).toBe(ratio);
	});

	it.each(['a4_portrait', 'a4_landscape'])('are the nearest there is to paper: %s', (value) => {
		const { height = 0, width = 0 } = channelSizes.find((size) => size.value === value) ?? {};
		const off = (one: number, other: number) =>
			Math.abs(Math.max(one, other) / Math.min(one, other) - Math.SQRT2);
		const all = Array.from({ length: 240 }, (_, index) => (index + 1) * 16);
		const nearest = all
			.flatMap((one) => all.map((other) => ({ width: one, height: other })))
			.filter((size) => customSize.safeParse(size).success)
			.reduce((least, size) => Math.min(least, off(size.width, size.height)), 1);
		expect(off(width, height)).toBeCloseTo(nearest, 8);
	});

	it('tell their channel, since no two are the same', () => {
		for (const { height, value, width } of channelSizes) {
			expect(channelOf({ width, height })).toBe(value);
			expect(sizeToSend(value)).toEqual({ width, height });
			expect([width, height].every((edge) => edge % 16 === 0)).toBe(true);
		}
		expect([channelOf({ width: 1024, height: 1024 }), channelOf('square')]).toEqual([null, null]);
	});

	it('are offered as further sizes, beside the shapes of the model', () => {
		expect([...moreSizeValues].sort()).toEqual(sizeOptions.map(({ value }) => value).sort());
		expect(furtherSizeOf('square')).toBe('square');
		expect(furtherSizeOf('banner')).toEqual({ width: 1536, height: 512 });
	});

	it('lead to requests with numbers of their own', () => {
		const numbers = [0, 1, 2].flatMap((item) => [
			item,
			...moreSizeValues.map((size) => requestNumberOf(item, size)),
		]);
		expect(new Set(numbers).size).toBe(numbers.length);
	});
});
