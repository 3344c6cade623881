import { apiErrorSchema } from '../../runflow/apiError';
import { runListSchema, runSchema } from '../../runflow/run';
import {
	failedRun,
	imageUrl,
	queuedRun,
	runId,
	succeededRun,
	validationError,
} from '../fixtures/answers';

const withOutput = (output: unknown) =>
	runSchema.parse({ ...succeededRun, output }).images.map(({ url }) => url);

describe('reading a run', () => {
	it('understands the documented answer', () => {
		expect(runSchema.parse(succeededRun)).toMatchObject({
			id: runId,
			status: 'succeeded',
			prompt: 'a brass sign',
			images: [{ url: imageUrl, width: null, height: null }],
			cost: 0.133,
			failure: null,
		});
	});

	it('understands the names of older first-party code', () => {
		expect(
			runSchema.parse({
				run_id: 'r1',
				status: 'canceled',
				finished_at: '2026-05-20',
				error: { code: 'A', message: 'B' },
			}),
		).toMatchObject({
			id: 'r1',
			status: 'cancelled',
			completed_at: '2026-05-20',
			failure: { code: 'A', message: 'B', stage: null },
		});
	});

	it.each([
		['failure_stage_code', { failure_stage_code: 'dispatch' }],
		['failure_stage', { failure_stage: 'dispatch' }],
	])('reads the stage of a failure from %s', (_name, stage) => {
		const run = runSchema.parse({ ...failedRun, failure_stage_code: null, ...stage });
		expect(run.failure?.stage).toBe('dispatch');
	});

	it.each([
		['outputs of objects', { outputs: [{ type: 'image', url: 'a' }, { url: 'b' }] }, ['a', 'b']],
		['outputs of strings', { outputs: ['a', 'b'] }, ['a', 'b']],
		['images', { images: [{ url: 'a', width: 16 }] }, ['a']],
		['image_urls', { image_urls: ['a'] }, ['a']],
		['a list called image', { image: ['a'] }, ['a']],
		['one url', { url: 'a' }, ['a']],
		['one image_url', { image_url: 'a' }, ['a']],
		['one output_url', { output_url: 'a' }, ['a']],
		['empty outputs beside images', { outputs: [], images: ['a'] }, ['a']],
		['an output without a url among others', { outputs: [{ type: 'image' }, { url: 'b' }] }, ['b']],
		[
			'outputs of other types',
			{
				outputs: [
					{ type: 'video', url: 'a' },
					{ type: 'image', url: 'b' },
				],
			},
			['b'],
		],
		['an object in place of the list', { outputs: { type: 'image', url: 'a' } }, ['a']],
		['a list in place of the object', [{ url: 'a' }, 'b'], ['a', 'b']],
		['an output inside of the output', { output: { images: [{ url: 'a' }] } }, ['a']],
		['a result inside of the output', { result: { outputs: ['a'] } }, ['a']],
		['objects that hold their image', { outputs: [{ image: { url: 'a' } }] }, ['a']],
		['lists inside of the list', { outputs: [[{ url: 'a' }], [{ url: 'b' }]] }, ['a', 'b']],
		['JSON as text', JSON.stringify({ outputs: [{ url: 'a' }] }), ['a']],
		['JSON as text inside', { outputs: JSON.stringify([{ url: 'a' }]) }, ['a']],
		[
			'files with the MIME type of an image',
			{ outputs: [{ type: 'file', mime_type: 'image/png', url: 'a' }] },
			['a'],
		],
		[
			'files of another MIME type',
			{ outputs: [{ type: 'file', content_type: 'video/mp4', url: 'a' }] },
			[],
		],
		['a file whose type nobody says', { outputs: [{ type: 'file', url: 'a' }] }, []],
		['what it was made from', { input: { image_urls: ['a'] }, outputs: [] }, []],
		['outputs whose type is null', { outputs: [{ type: null, url: 'a' }] }, ['a']],
		['a video beside images', { outputs: [{ type: 'video', url: 'a' }], images: ['b'] }, ['b']],
		['a text', 'https://files.test/a.png', ['https://files.test/a.png']],
		['a data URI', 'data:image/png;base64,aGk=', ['data:image/png;base64,aGk=']],
		['a URL after a space', ' https://a.example/1.png', ['https://a.example/1.png']],
		['an error envelope', { code: 'X', message: 'Y', errors: null }, []],
		['nothing', null, []],
	])('finds the images in %s', (_name, output, urls) => {
		expect(withOutput(output)).toEqual(urls);
	});

	it('survives fields of unexpected types', () => {
		expect(
			runSchema.parse({
				...queuedRun,
				cost: 0.133,
				duration_ms: 'long',
				metadata: 'none',
				output: 'soon',
				created_at: 5,
			}),
		).toMatchObject({
			cost: 0.133,
			duration_ms: null,
			metadata: null,
			images: [],
			created_at: null,
		});
	});

	it.each(['expired', 'timed_out', 'error', 'rejected'])(
		'takes the unknown status %s for a failure where the run is said to have ended',
		(status_code) => {
			const ended = { ...queuedRun, status_code, completed_at: '2026-05-20T09:00:41Z' };
			const failure = { code: status_code, message: null, stage: null };
			expect(runSchema.parse(ended)).toMatchObject({ status: 'failed', failure });
			const failed = { ...queuedRun, status_code, failure_code: 'X' };
			expect(runSchema.parse(failed)).toMatchObject({ status: 'failed', failure: { code: 'X' } });
		},
	);

	it('never takes a run for a failure that has images, whatever its status is called', () => {
		const run = runSchema.parse({ ...succeededRun, status_code: 'completed' });
		expect(run).toMatchObject({ status: 'succeeded', failure: null });
	});

	it('leaves an unknown status as it is while nothing says that the run has ended', () => {
		const run = runSchema.parse({ ...queuedRun, status_code: 'pondering' });
		expect(run.status).toBe('pondering');
	});

	it('has the same fields, whether or not the answer says more than its id and status', () => {
		const brief = runSchema.parse({ id: 'r1', status_code: 'running' });
		const withMore = runSchema.parse({ id: 'r1', status_code: 'running', else: true });
		expect({ ...withMore, raw: brief.raw }).toEqual(brief);
	});

	it.each([
		['run_id beside an id that is null', { id: null, run_id: 'r1' }],
		['run_id beside an id of another type', { id: 5, run_id: 'r1' }],
		['status beside a status_code that is null', { status_code: null, status: 'queued' }],
		['status beside a status_code of another type', { status_code: 200, status: 'queued' }],
	])('reads %s', (_name, changes) => {
		const run = runSchema.parse({ id: 'r1', status: 'queued', ...changes });
		expect(run).toMatchObject({ id: 'r1', status: 'queued' });
	});

	it.each([
		['plain text', { error: 'No luck' }, 'No luck'],
		['failure_reason', { failure_reason: 'No luck' }, 'No luck'],
		['failure_message before an error', { failure_message: 'No luck', error: 'Else' }, 'No luck'],
		['text that repeats a key', { error: 'No rf_live_abc here' }, 'No [hidden] here'],
	])('reads why it failed from %s', (_name, changes, message) => {
		const run = runSchema.parse({ id: 'r1', status: 'failed', ...changes });
		expect(run.failure).toEqual({ code: null, message, stage: null });
	});

	it.each([
		['41230', 41230],
		['41.5', 42],
		['', null],
		['soon', null],
	])('reads a duration of %j as %j', (duration_ms, expected) => {
		expect(runSchema.parse({ ...queuedRun, duration_ms }).duration_ms).toBe(expected);
	});

	it.each([[{ status_code: 'queued' }], [{ id: 'r1' }], ['text'], [null]])(
		'refuses %j, which is not a run',
		(answer) => {
			expect(runSchema.safeParse(answer).success).toBe(false);
		},
	);

	it('reads a list even when one of its items is not a run', () => {
		expect(
			runListSchema.parse({ items: [{ nonsense: 1 }, queuedRun] }).items.map((run) => run?.id),
		).toEqual([undefined, runId]);
	});
});

describe('reading an error', () => {
	it.each([
		['flat', validationError, 'VALIDATION_ERROR', 'Request validation failed.', 1],
		['nested under error', { error: { code: 'A', message: 'B' } }, 'A', 'B', 0],
		['detail as text', { detail: 'B' }, null, 'B', 0],
		['detail as a list', { detail: [{ loc: ['body'], msg: 'B' }] }, null, null, 1],
		['text', '<html>', null, null, 0],
		['nothing', undefined, null, null, 0],
	])('understands a body that is %s', (_name, body, code, message, fields) => {
		const error = apiErrorSchema.parse(body);
		expect(error).toMatchObject({ code, message });
		expect(error.fields).toHaveLength(fields);
	});
});
