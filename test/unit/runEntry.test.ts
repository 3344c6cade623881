import { entryOf, isFound } from '../../nodes/GptImage2/listSearch/searchRuns';
import { runSchema } from '../../runflow/run';
import { runId, succeededRun } from '../fixtures/answers';

const now = new Date('2026-11-25T20:00:00Z');
const run = (changes: object = {}) =>
	runSchema.parse({ ...succeededRun, created_at: '2026-11-25T18:04:59Z', ...changes });
const nameOf = (changes: object = {}, timeZone = 'Europe/Berlin') =>
	entryOf(run(changes), timeZone, now).name;
const prompted = (prompt: unknown) => ({ input: { prompt } });

describe('a run in a list', () => {
	it("has its prompt, its status and its time in n8n's time zone as its name", () => {
		expect(entryOf(run(), 'Europe/Berlin', now)).toEqual({
			name: 'a brass sign · succeeded · 25 Nov, 19:04',
			value: runId,
		});
		expect(nameOf({}, 'Asia/Tokyo')).toBe('a brass sign · succeeded · 26 Nov, 03:04');
	});

	it.each([
		['on one line', 'a brass\n\n  sign', 'a brass sign'],
		[
			'cut between words',
			'a brass sign over the door of a small shop in the rain',
			'a brass sign over the door of a small…',
		],
		['cut where there are no words', 'x'.repeat(60), `${'x'.repeat(40)}…`],
		['cut between characters', '🖼️'.repeat(40), `${'🖼️'.repeat(20)}…`],
		['said to be missing where it is empty', ' ', 'No prompt'],
		['said to be missing where it is no text', 17, 'No prompt'],
	])('has its prompt %s', (_name, prompt, expected) => {
		expect(nameOf(prompted(prompt))).toBe(`${expected} · succeeded · 25 Nov, 19:04`);
	});

	it.each([
		[{ status_code: 'partial_succeeded' }, 'a brass sign · partially succeeded · 25 Nov, 19:04'],
		[{ status_code: 'canceled' }, 'a brass sign · cancelled · 25 Nov, 19:04'],
		[{ created_at: '2025-05-01T10:00:00Z' }, 'a brass sign · succeeded · 1 May 2025, 12:00'],
		[{ created_at: null }, 'a brass sign · succeeded'],
		[{ created_at: 'soon' }, 'a brass sign · succeeded'],
	])('reads well with %j', (changes, expected) => {
		expect(nameOf(changes)).toBe(expected);
	});
});

describe('a search', () => {
	it.each([
		['', true],
		['BRASS', true],
		['sign brass', true],
		['sign succeeded', true],
		['order-17', true],
		[runId.slice(0, 8), true],
		[runId.slice(-4), false],
		['brass failed', false],
		['silver', false],
	])('for %j finds a run: %s', (search, found) => {
		expect(isFound(run(), search)).toBe(found);
	});

	it('does not look at references that the node made', () => {
		expect(isFound(run({ client_ref: 'n8n:0123' }), '0123')).toBe(false);
	});
});
