import { totalCost } from '../../nodes/GptImage2/output/hints';
import { toItems, withoutDataUris } from '../../nodes/GptImage2/output/items';
import { runSchema } from '../../runflow/run';
import { failedRun, queuedRun, succeededRun } from '../fixtures/answers';

const output = {
	binaryField: 'data',
	includeRun: false,
	output: 'perImage' as const,
	simplify: false,
};

describe('a run as items', () => {
	it('without images is one item that says so and why', () => {
		const [item, ...others] = toItems({
			run: runSchema.parse(failedRun),
			images: [],
			itemIndex: 2,
			output,
		});
		expect(others).toEqual([]);
		expect(item).toMatchObject({
			pairedItem: { item: 2 },
			json: {
				image_count: 0,
				image_index: null,
				url: null,
				failure: {
					code: 'MODEL_UNAVAILABLE',
					message: 'The provider did not answer',
					stage: 'dispatch',
				},
			},
		});
		expect(item).not.toHaveProperty('binary');
	});

	it('has every field of the shape, null where there is nothing', () => {
		const [item] = toItems({
			run: runSchema.parse(queuedRun),
			images: [],
			itemIndex: 0,
			output,
			timedOut: true,
		});
		expect(Object.values(item?.json ?? {})).not.toContain(undefined);
		expect(item?.json).toMatchObject({
			timed_out: true,
			cost: null,
			completed_at: null,
			event: null,
			reused: false,
		});
	});

	it('says in each of its items that the run is reused', () => {
		const source = 'reuse' as const;
		const result = { run: runSchema.parse(queuedRun), images: [], itemIndex: 0, source };
		const [item] = toItems({ ...result, output });
		const [whole] = toItems({ ...result, output: { ...output, output: 'perRun' } });
		expect([item?.json.reused, whole?.json.reused]).toEqual([true, true]);
		const keys = Object.keys(item?.json ?? {});
		expect(keys.slice(keys.indexOf('failure'))).toEqual([
			'failure',
			'reused',
			'timed_out',
			'channel',
			'public_url',
		]);
	});

	it("carries Runflow's own record without the base64 in it", () => {
		const run = runSchema.parse({
			...succeededRun,
			output: { outputs: [{ url: 'data:image/png;base64,aGk=' }], seed: 7 },
		});
		const [item] = toItems({
			run,
			images: [],
			itemIndex: 0,
			output: { ...output, includeRun: true },
		});
		expect(item?.json.run).toMatchObject({
			status_code: 'succeeded',
			output: { outputs: [{ url: null }], seed: 7 },
		});
	});
});

describe('an answer of the API as json', () => {
	const image = 'data:image/png;base64,aGk=';

	it.each([
		['base64 of any type', 'data:application/octet-stream;base64,aGk='],
		['an image without base64', 'data:image/svg+xml,%3Csvg%3E'],
		['base64 with parameters', 'data:text/plain;charset=utf-8;base64,aGk='],
	])('has null in place of %s', (_name, value) => {
		expect(withoutDataUris({ value, list: [value] })).toEqual({ value: null, list: [null] });
	});

	it('keeps text that only begins like a data URI', () => {
		const answer = { note: 'data: see the attached sheet', other: 'data:,' };
		expect(withoutDataUris(answer)).toEqual(answer);
	});

	it('keeps what the user wrote, whatever it looks like', () => {
		const answer = { metadata: { icon: image, more: [image] }, input: { prompt: image } };
		expect(withoutDataUris(answer)).toEqual(answer);

		const run = runSchema.parse({ ...succeededRun, metadata: { icon: image } });
		const [item] = toItems({ run, images: [], itemIndex: 0, output });
		expect(item?.json.metadata).toEqual({ icon: image });
	});

	it('ends where it is nested too deep for n8n', () => {
		const deep = JSON.parse(`${'[{"a":'.repeat(20_000)}1${'}]'.repeat(20_000)}`) as unknown;
		const run = runSchema.parse({ ...succeededRun, metadata: { deep }, links: deep });
		const [item] = toItems({
			run,
			images: [],
			itemIndex: 0,
			output: { ...output, includeRun: true },
		});
		const saved = JSON.stringify(item?.json);
		expect(saved).toContain('"metadata":{"deep":[{"a":[{"a":');
		expect(saved.length).toBeLessThan(5000);
	});
});

describe('the total cost', () => {
	it.each([
		[[0.133, 0.133, 0.133], '0.399'],
		[[0.1, 0.2], '0.3'],
		[[0.133, null], '0.133'],
		[[null], null],
		[[], null],
	])('of %j is %j', (costs, total) => {
		expect(totalCost(costs)).toBe(total);
	});
});
