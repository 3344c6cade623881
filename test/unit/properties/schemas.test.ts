import fc from 'fast-check';
import { ZodError, type ZodTypeAny } from 'zod/v3';

import {
	filtersSchema,
	getOptionsSchema,
	missedOptionsSchema,
} from '../../../nodes/GptImage2/parameters/run';
import { imageOptionsSchema } from '../../../nodes/GptImage2/parameters/image';
import { maskOptionsSchema } from '../../../nodes/GptImage2/parameters/inputImages';
import { nodeOptionsSchema } from '../../../nodes/GptImage2/parameters/node';
import { runIdSchema } from '../../../nodes/GptImage2/parameters/run';
import { triggerOptionsSchema } from '../../../nodes/GptImage2/parameters/trigger';
import { apiErrorSchema } from '../../../runflow/apiError';
import { deliverySchema, readCallback, wasDelivered } from '../../../runflow/callback';
import { editInputSchema, generateInputSchema } from '../../../runflow/input';
import { imagesOf } from '../../../runflow/outputImages';
import { createdRunSchema, runListSchema, runSchema, type Run } from '../../../runflow/run';
import { tried } from '../../fixtures/properties';
import { anyAnswer, anyRun, anyValue, deep, deepText } from './arbitraries';

/** Whether a value is of the kind that the rest of the package relies on. */
const textOrNull = (value: unknown) => value === null || typeof value === 'string';

function expectRun(run: Run): void {
	expect(typeof run.id).toBe('string');
	expect(run.id).not.toBe('');
	expect(typeof run.status).toBe('string');
	const texts = [run.prompt, run.created_at, run.completed_at, run.client_ref];
	expect(texts.every(textOrNull)).toBe(true);
	expect(Object.values(run.failure ?? {}).every(textOrNull)).toBe(true);
	for (const number of [run.duration_ms, run.cost])
		expect(number === null || Number.isFinite(number)).toBe(true);
	for (const { url, width, height } of run.images) {
		expect(typeof url).toBe('string');
		expect([width, height].every((edge) => edge === null || Number.isFinite(edge))).toBe(true);
	}
}

const reading: Array<[name: string, schema: ZodTypeAny]> = [
	['a run', runSchema],
	['a created run', createdRunSchema],
	['a list of runs', runListSchema],
	['a delivery', deliverySchema],
	['a refusal', apiErrorSchema],
	['the input of generate', generateInputSchema],
	['the input of edit', editInputSchema],
	['the options of an image', imageOptionsSchema],
	['the options of a mask', maskOptionsSchema],
	['the options of the node', nodeOptionsSchema('poll')],
	['the options of reading a run', getOptionsSchema],
	['the options of missed callbacks', missedOptionsSchema],
	['the filters of a search', filtersSchema],
	['the options of the trigger', triggerOptionsSchema],
	['a run id', runIdSchema],
];

describe('reading any value', () => {
	it.each(reading)('as %s ends with a result or the problems with it', (_name, schema) => {
		fc.assert(
			fc.property(
				fc.oneof(
					{ weight: 6, arbitrary: anyValue },
					{ weight: 6, arbitrary: anyRun },
					{ weight: 1, arbitrary: deep },
				),
				(value) => {
					const result = schema.safeParse(value);
					if (!result.success) expect(result.error).toBeInstanceOf(ZodError);
				},
			),
			tried(200),
		);
	});

	it('as a run has every field in its type wherever it can be read', () => {
		fc.assert(
			fc.property(anyRun, (value) => {
				for (const schema of [runSchema, createdRunSchema]) {
					const result = schema.safeParse(value);
					if (result.success) expectRun(result.data);
				}
			}),
			tried(400),
		);
	});

	it('as a callback has an event and a run, or is none', () => {
		const event = fc.constantFrom('run.completed', 'run.failed', 'run.canceled', 'run.x', 7);
		const callback = fc.tuple(anyRun, event).map(([run, name]) => ({ ...run, event: name }));
		const bytes = fc.oneof(
			fc.oneof(callback, anyAnswer).map((value) => Buffer.from(JSON.stringify(value) ?? '')),
			deepText.map((text) => Buffer.from(`{"event":"run.x","run_id":"r","output":${text}}`)),
			fc.uint8Array(),
		);
		fc.assert(
			fc.property(bytes, (body) => {
				const read = readCallback(body);
				if (read === null) return;
				expect(read.event).toMatch(/^run\./);
				expectRun(read.run);
			}),
			tried(400),
		);
	});

	it('as a refusal has texts and a list of fields', () => {
		fc.assert(
			fc.property(anyAnswer, (value) => {
				const { code, fields, message } = apiErrorSchema.parse(value);
				expect([code, message].every(textOrNull)).toBe(true);
				expect(fields.every(({ loc, msg }) => Array.isArray(loc) && typeof msg === 'string')).toBe(
					true,
				);
			}),
			tried(600),
		);
	});

	it('as a delivery says whether it arrived', () => {
		fc.assert(
			fc.property(anyAnswer, (value) => {
				const delivery = deliverySchema.safeParse(value);
				if (delivery.success) expect(typeof wasDelivered(delivery.data)).toBe('boolean');
			}),
			tried(500),
		);
	});

	it('as an output has a list of images', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					anyValue,
					anyRun.map(({ output }) => output),
				),
				(value) => {
					expect(imagesOf(value).every(({ url }) => typeof url === 'string')).toBe(true);
				},
			),
			tried(600),
		);
	});
});
