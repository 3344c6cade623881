import fc from 'fast-check';

import { customSize } from '../../../runflow/customSize';
import { generateInputSchema } from '../../../runflow/input';
import { tried } from '../../fixtures/properties';
import { anyValue } from './arbitraries';

/** The rule for a custom size, written anew from the model's page (SEED). */
function isAllowed(width: unknown, height: unknown): boolean {
	if (typeof width !== 'number' || typeof height !== 'number') return false;
	if (!Number.isInteger(width / 16) || !Number.isInteger(height / 16)) return false;
	if (width <= 0 || height <= 0 || width > 3840 || height > 3840) return false;
	if (width / height > 3 || height / width > 3) return false;
	const pixels = width * height;
	return 655_360 <= pixels && pixels <= 8_294_400;
}

const border = fc.constantFrom(0, 16, 480, 512, 800, 816, 1024, 1280, 2160, 2176, 3824, 3840, 3856);
const edge = fc.oneof(
	border,
	fc.integer({ min: 1, max: 245 }).map((count) => count * 16),
	fc.integer({ min: -16, max: 4000 }),
	anyValue,
);

const presets = ['square_hd', 'square', 'portrait_4_3', 'portrait_16_9'];
const oneOf = (values: string[], value: unknown) =>
	typeof value === 'string' && values.includes(value);

/** The rules for the fields of the input, by hand from the same page; undefined is a field that is left out. */
const rules: Readonly<Record<string, (value: unknown) => boolean>> = {
	prompt: (value) => typeof value === 'string' && value.trim().length > 0,
	image_size: (value) => {
		if (oneOf([...presets, 'landscape_4_3', 'landscape_16_9'], value)) return true;
		if (typeof value !== 'object' || value === null) return false;
		const { width, height } = value as { width?: unknown; height?: unknown };
		return isAllowed(width, height);
	},
	quality: (value) => oneOf(['low', 'medium', 'high'], value),
	num_images: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1,
	output_format: (value) => oneOf(['jpeg', 'png', 'webp'], value),
	sync_mode: (value) => typeof value === 'boolean',
};

const good = {
	prompt: 'a brass sign',
	image_size: 'square',
	quality: 'low',
	num_images: 2,
	output_format: 'webp',
	sync_mode: true,
};

describe('the input of a run', () => {
	it('has a custom size exactly where the four rules of the page allow it', () => {
		fc.assert(
			fc.property(edge, edge, (width, height) => {
				expect(customSize.safeParse({ width, height }).success).toBe(isAllowed(width, height));
			}),
			tried(4000),
		);
	});

	it.each(Object.keys(rules))('has as %s exactly what the page allows', (field) => {
		const likely = fc.constantFrom<unknown>(
			...['auto', 'landscape_16_9', 'HIGH', 'high', 'webp', 'gif', ' \u00a0\n', 1, 4, 2.5, true],
			{ width: 1024, height: 1024 },
			{ width: 1024, height: 1000 },
		);
		fc.assert(
			fc.property(fc.oneof(likely, anyValue), (value) => {
				const { success } = generateInputSchema.safeParse({ ...good, [field]: value });
				const isOptional = value === undefined && field !== 'prompt';
				expect(success).toBe(isOptional || rules[field]?.(value));
			}),
			tried(600),
		);
	});
});
