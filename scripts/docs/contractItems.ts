import { toItems } from '../../nodes/GptImage2/output/items';
import deliverySchema from '../../nodes/GptImage2/__schema__/delivery.json';
import { runSchema } from '../../runflow/run';
import { failedRun, imageUrl, succeededRun } from '../../test/fixtures/answers';

/** A run that has everything that a run can have. */
const run = runSchema.parse({
	...succeededRun,
	output: { ...succeededRun.output, seed: 7, timing: {}, nsfw_detected: false },
	failure_code: failedRun.failure_code,
	failure_message: failedRun.failure_message,
	failure_stage_code: failedRun.failure_stage_code,
});

const image = {
	index: 0,
	url: imageUrl,
	fileName: 'sign.png',
	mimeType: 'image/png',
	width: 1024,
	height: 1024,
	binary: null,
};

/** Values that are the user's or Runflow's own, whatever is in them. */
const notOurs = new Set(['metadata', 'timing', 'run']);

/** The keys of each kind of item that the nodes output and the types of their values, by the kind. */
export function itemKinds(): Record<string, Record<string, string>> {
	const kindOf = (simplify: boolean, output: 'perImage' | 'perRun') => {
		const [item] = toItems({
			run,
			images: [image],
			itemIndex: 0,
			channel: 'instagram_post',
			event: 'run.completed',
			source: 'reuse',
			timedOut: true,
			output: { binaryField: 'data', includeRun: true, output, simplify },
		});
		return keysOf(item?.json ?? {});
	};
	return {
		'an image': kindOf(false, 'perImage'),
		'an image, simplified': kindOf(true, 'perImage'),
		'a run': kindOf(false, 'perRun'),
		'a run, simplified': kindOf(true, 'perRun'),
		'a delivery': Object.fromEntries(
			Object.entries(deliverySchema.properties).map(([key, { type }]) => [key, type]),
		),
	};
}

function keysOf(json: object, prefix = ''): Record<string, string> {
	return Object.entries(json).reduce<Record<string, string>>((keys, [key, value]) => {
		const path = `${prefix}${key}`;
		return { ...keys, [path]: typeOf(value), ...innerKeys(key, value, path) };
	}, {});
}

function innerKeys(key: string, value: unknown, path: string): Record<string, string> {
	if (Array.isArray(value)) return innerKeys(key, value[0], `${path}[]`);
	if (typeof value !== 'object' || value === null || notOurs.has(key)) return {};
	return keysOf(value, `${path}.`);
}

function typeOf(value: unknown): string {
	if (Array.isArray(value)) return 'list';
	return value === null ? 'null' : typeof value;
}
