import { totalCost } from '../../nodes/GptImage2/output/hints';
import { toItems } from '../../nodes/GptImage2/output/items';
import { runSchema } from '../../runflow/run';
import { failedRun, queuedRun, succeededRun } from '../fixtures/answers';

const output = { binaryField: 'data', includeRun: false, output: 'perImage' as const };

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
		});
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

describe('the total cost', () => {
	it.each([
		[['0.133', '0.133', '0.133'], '0.399'],
		[['0.1', '0.2'], '0.3'],
		[['0.133', null], '0.133'],
		[[null, 'free'], null],
		[[], null],
	])('of %j is %j', (costs, total) => {
		expect(totalCost(costs)).toBe(total);
	});
});
