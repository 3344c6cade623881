import { Durations, durationOf, nextGap } from '../../runflow/pace';
import { runSchema } from '../../runflow/run';
import { succeededRun } from '../fixtures/answers';

/** When a run is read, in milliseconds after it began, until it has taken `untilMs`. */
function readsUntil(untilMs: number, expectedMs: number | null): number[] {
	const pace = { pollSeconds: 3, expectedMs };
	const reads: number[] = [];
	for (let at = nextGap(0, pace); ; at += nextGap(at, pace)) {
		reads.push(at);
		if (at >= untilMs) return reads;
	}
}

describe('the pace of reading', () => {
	it('is quick at first and then a tenth of the age, up to the poll interval', () => {
		const pace = { pollSeconds: 3, expectedMs: null };
		expect(nextGap(0, pace)).toBe(600);
		expect(nextGap(1_200, pace)).toBe(400);
		expect(nextGap(10_000, pace)).toBe(1_500);
		expect(nextGap(20_000, pace)).toBe(2_000);
		expect(nextGap(100_000, pace)).toBe(3_000);
	});

	it.each([1_000, 3_000, 8_000, 20_000, 60_000, 240_000])(
		'sees a run of %i ms late by at most two seconds or a tenth, the first and the next time',
		(tookMs) => {
			for (const expectedMs of [null, tookMs]) {
				const seenAt = readsUntil(tookMs, expectedMs).at(-1) ?? Infinity;
				expect(seenAt - tookMs).toBeLessThanOrEqual(Math.max(2_000, tookMs / 10));
			}
		},
	);

	it('reads a run that takes as long as the last one three or four times', () => {
		for (const tookMs of [3_000, 20_000, 60_000]) {
			expect(readsUntil(tookMs, tookMs).length).toBeLessThanOrEqual(4);
		}
	});

	it('looks in between, should a run be much quicker than expected', () => {
		expect(readsUntil(5_000, 20_000)).toEqual([10_000]);
	});
});

describe('how long runs take', () => {
	it('is the shortest of the last five of their kind', () => {
		const durations = new Durations();
		expect(durations.expected('high')).toBeNull();
		for (const tookMs of [1, 9_000, 8_000, 7_000, 8_500, 9_500]) durations.note('high', tookMs);
		durations.note('low', 3_000);
		expect(durations.expected('high')).toBe(7_000);
		expect(durations.expected('low')).toBe(3_000);
	});

	it('is remembered for a limited number of kinds', () => {
		const durations = new Durations();
		for (let kind = 0; kind <= 200; kind++) durations.note(String(kind), 1_000);
		expect(durations.expected('0')).toBeNull();
		expect(durations.expected('1')).toBe(1_000);
	});

	it('is what the API says, by its clock or as a number, but no longer than was waited', () => {
		const created_at = '2026-05-20T09:00:00Z';
		const completed_at = '2026-05-20T09:00:41Z';
		const runWith = (said: object) => runSchema.parse({ ...succeededRun, ...said });
		const clocked = runWith({ created_at, completed_at });
		expect(durationOf(clocked, 60_000)).toBe(41_000);
		expect(durationOf(clocked, 10_000)).toBe(10_000);
		const unclocked = { created_at, completed_at: null };
		expect(durationOf(runWith({ ...unclocked, duration_ms: 40_000 }), 60_000)).toBe(40_000);
		expect(durationOf(runWith({ ...unclocked, duration_ms: null }), 60_000)).toBe(60_000);
	});
});
