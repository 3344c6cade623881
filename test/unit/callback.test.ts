import { eventOf, readCallback } from '../../runflow/callback';
import { imageUrl, runId } from '../fixtures/answers';
import { callbackBody } from '../fixtures/callbacks';

const read = (changes: object = {}) => readCallback(Buffer.from(callbackBody(changes)));

describe('reading a callback', () => {
	it('understands the callback of the seed', () => {
		expect(read()).toMatchObject({
			event: 'run.completed',
			run: {
				id: runId,
				status: 'succeeded',
				images: [{ url: imageUrl }],
				duration_ms: 41230,
				completed_at: '2026-05-20T09:00:41.230+00:00',
				metadata: { order: '17' },
				cost: null,
				failure: null,
			},
		});
	});

	it.each([
		[
			'the other spelling',
			{ event: 'run.canceled', status: 'canceled', output: null },
			'run.cancelled',
			'cancelled',
		],
		[
			'a fourth event',
			{ event: 'run.partial_succeeded', status: 'partial_succeeded' },
			'run.partial_succeeded',
			'partial_succeeded',
		],
		['a missing status', { status: null }, 'run.completed', 'succeeded'],
		[
			'an undocumented event',
			{ event: 'run.started', status: undefined, output: null, completed_at: null },
			'run.started',
			'started',
		],
		['undocumented fields', { surprise: 1 }, 'run.completed', 'succeeded'],
	])('understands %s', (_name, changes, event, status) => {
		expect(read(changes)).toMatchObject({ event, run: { status } });
	});

	it.each([
		['an id of its own', { id: 'delivery-1' }],
		['an id that is null', { id: null }],
		['a status_code of its own', { status_code: 'delivered' }],
		['a status_code that is null', { status_code: null }],
		['a status_code of HTTP', { status_code: 200 }],
	])('believes run_id and status beside %s', (_name, changes) => {
		expect(read(changes)?.run).toMatchObject({ id: runId, status: 'succeeded' });
	});

	it.each([
		[95, true],
		[20_000, false],
	])('understands a body that is nested %i deep: %s', (levels, understood) => {
		const deep = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
		const body = callbackBody({ metadata: 0 }).replace('"metadata":0', `"metadata":${deep}`);
		expect(readCallback(Buffer.from(body)) !== null).toBe(understood);
	});

	it('keeps the reason beside an output that carries none', () => {
		const callback = read({
			event: 'run.failed',
			status: 'failed',
			output: {},
			failure_message: 'No luck',
		});
		expect(callback?.run.failure).toMatchObject({ message: 'No luck' });
	});

	it.each([
		['null', null, null],
		[
			'an error envelope',
			{ code: 'X', message: 'Y', errors: null },
			{ code: 'X', message: 'Y', stage: null },
		],
	])('understands a failure whose output is %s', (_name, output, failure) => {
		const callback = read({ event: 'run.failed', status: 'failed', output });
		expect(callback?.run).toMatchObject({ status: 'failed', images: [], failure });
	});

	it.each([
		['text that is not JSON', 'hello'],
		['a list', '[]'],
		['an event of something else', callbackBody({ event: 'batch.completed' })],
		['a missing run id', callbackBody({ run_id: undefined })],
		['an empty run id', callbackBody({ run_id: '' })],
		['an empty body', ''],
	])('refuses %s', (_name, body) => {
		expect(readCallback(Buffer.from(body))).toBeNull();
	});
});

describe('the event of a status', () => {
	it.each([
		['succeeded', 'run.completed'],
		['failed', 'run.failed'],
		['cancelled', 'run.cancelled'],
		['partial_succeeded', 'run.partial_succeeded'],
		['running', null],
	])('%s is %s', (status, event) => {
		expect(eventOf(status)).toBe(event);
	});
});
