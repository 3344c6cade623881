import { runIdSchema } from '../../nodes/GptImage2/parameters/run';
import { runId } from '../fixtures/answers';

const problemOf = (value: unknown) => runIdSchema.safeParse(value).error?.issues[0]?.message;

describe('the ID of a run', () => {
	it.each([
		['plain text, as older workflows have it', runId],
		['plain text with spaces around it', ` ${runId}\n`],
		[
			'chosen from the list',
			{ __rl: true, mode: 'list', value: runId, cachedResultName: 'a sign' },
		],
		['entered by ID', { __rl: true, mode: 'id', value: runId }],
		['entered without the mark of the editor', { mode: 'id', value: runId }],
	])('is read when it is %s', (_name, value) => {
		expect(runIdSchema.parse(value)).toBe(runId);
	});

	it.each([
		['', 'must not be empty'],
		[undefined, 'must not be empty'],
		[{ mode: 'list', value: '' }, 'must not be empty'],
		[{ mode: 'id', value: undefined }, 'must not be empty'],
		[{ mode: 'id', value: 17 }, 'must be text'],
		[17, 'must be text'],
		[{ run_id: runId }, 'must be text'],
		[
			{ mode: 'id', value: '17' },
			"must be a run ID such as '01970c11-2222-7333-8444-555566667777'",
		],
	])('is refused when it is %j', (value, problem) => {
		expect(problemOf(value)).toBe(problem);
	});
});
