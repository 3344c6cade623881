import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';

import { listImages } from '../../../nodes/GptImage2/output/images';
import { toItems } from '../../../nodes/GptImage2/output/items';
import { runSchema } from '../../../runflow/run';
import { longestMs, tried } from '../../fixtures/properties';
import { anyRun, anyText } from '../../unit/properties/arbitraries';
import { contextOf, newExecution } from './context';

jest.setTimeout(longestMs);

/** The keys of the one item shape, by hand from the contract. */
const shape = [
	...['run_id', 'status', 'event', 'prompt', 'image_index', 'image_count', 'url', 'file_name'],
	...['mime_type', 'width', 'height', 'seed', 'timing', 'nsfw_detected', 'cost', 'duration_ms'],
	...['created_at', 'completed_at', 'metadata', 'client_ref', 'failure', 'reused', 'timed_out'],
	...['channel', 'public_url'],
];

/** Every text in a value, but not what the user wrote. */
function textsIn(value: unknown): string[] {
	if (typeof value === 'string') return [value];
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([key, part]: [string, unknown]) =>
		['metadata', 'prompt'].includes(key) ? [] : textsIn(part),
	);
}

/** The parts of an item that the API may put an image into. */
const whereImagesAre = ({ url, images, seed, timing, nsfw_detected, run }: IDataObject) => ({
	...{ url, images, seed, timing, nsfw_detected, run },
});

const base64 = /^\s*data:(image\/|[^,]*;base64,)/i;
const fileName = fc.option(anyText.filter((text) => text.trim() !== ''));

describe('whatever a run is like', () => {
	it('its items have the one shape, safe file names and no base64', async () => {
		const context = contextOf(newExecution());
		await fc.assert(
			fc.asyncProperty(
				anyRun,
				fileName,
				fc.boolean(),
				fc.boolean(),
				fc.nat(1000),
				async (answer, chosen, perRun, includeRun, itemIndex) => {
					const read = runSchema.safeParse(answer);
					fc.pre(read.success);
					const run = read.data;
					const images = await listImages(context, run, chosen);
					const output = perRun ? ('perRun' as const) : ('perImage' as const);
					const options = { binaryField: 'data', includeRun, output, simplify: false };
					const items = toItems({ run, images, itemIndex, output: options });

					const expected = [
						...shape,
						...(perRun ? ['images'] : []),
						...(includeRun ? ['run'] : []),
					];
					for (const { json, pairedItem } of items) {
						expect(Object.keys(json).sort()).toEqual([...expected].sort());
						expect(Object.values(json)).not.toContain(undefined);
						expect(pairedItem).toEqual({ item: itemIndex });
						expect(textsIn(whereImagesAre(json)).filter((text) => base64.test(text))).toEqual([]);
						expect(JSON.parse(JSON.stringify(json))).toEqual(withoutMinusZero(json));
					}
					expect(items).toHaveLength(perRun ? 1 : Math.max(1, images.length));
					const names = images.map((image) => image.fileName);
					expect(new Set(names).size).toBe(names.length);
					for (const name of names) {
						expect(name).toMatch(/^(?!\.+$)[^/\\:*?"<>|\p{Cc}\p{Cs}]+$/u);
						expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
					}
				},
			),
			tried(800),
		);
	});
});

/** JSON has no -0. */
function withoutMinusZero(value: unknown): unknown {
	if (value === 0) return 0;
	if (Array.isArray(value)) return value.map(withoutMinusZero);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, part]: [string, unknown]) => [key, withoutMinusZero(part)]),
	);
}
