import { AutomaticLimit } from '../../nodes/GptImage2/runs/automaticLimit';

/** Records that this many creates were accepted, one after another. */
function accept(limit: AutomaticLimit, creates: number, moment = 0): number {
	for (let create = 0; create < creates; create++) limit.accept(moment);
	return limit.limit;
}

describe('the automatic limit of runs', () => {
	it('starts at 10 and doubles as soon as so many are pending, up to 1,000', () => {
		const limit = new AutomaticLimit();
		expect(limit.limit).toBe(10);
		expect(accept(limit, 9)).toBe(10);
		expect(accept(limit, 1)).toBe(20);
		expect(accept(limit, 9)).toBe(20);
		expect(accept(limit, 1)).toBe(40);
		expect(accept(limit, 20)).toBe(80);
		expect(accept(limit, 40 + 80 + 160 + 320)).toBe(1000);
		expect(accept(limit, 10_000)).toBe(1000);
	});

	it('halves once for creates that are refused together', () => {
		const limit = new AutomaticLimit();
		const round = limit.currentRound;
		limit.refuse(round, 0, 0);
		limit.refuse(round, 0, 0);
		expect(limit.limit).toBe(5);
		limit.refuse(limit.currentRound, 0, 0);
		expect(limit.limit).toBe(2);
	});

	it('never goes below one run', () => {
		const limit = new AutomaticLimit();
		for (let refusals = 0; refusals < 10; refusals++) limit.refuse(limit.currentRound, 0, 0);
		expect(limit.limit).toBe(1);
	});

	it('stays for half a minute with as many runs as were pending when one more was too many', () => {
		const limit = new AutomaticLimit();
		accept(limit, 20);
		expect(limit.limit).toBe(40);
		limit.refuse(limit.currentRound, 25, 2000);
		expect(limit.limit).toBe(20);
		expect(accept(limit, 20, 2000)).toBe(25);
		expect(accept(limit, 100, 2000)).toBe(25);
		expect(accept(limit, 25, 32_000)).toBe(50);
	});

	it('recovers at once from a refusal that has nothing to do with pending runs', () => {
		const limit = new AutomaticLimit();
		for (let refusals = 0; refusals < 10; refusals++) limit.refuse(limit.currentRound, 0, 0);
		expect(accept(limit, 1)).toBe(2);
		expect(accept(limit, 1)).toBe(4);
	});

	it('keeps creates apart for half a minute where as many were accepted within a second as are pending', () => {
		const limit = new AutomaticLimit();
		accept(limit, 20, 0);
		accept(limit, 10, 900);
		limit.refuse(limit.currentRound, 10, 1200);
		expect(limit.limit).toBe(40);
		expect(limit.gapMs(31_000)).toBeCloseTo(1000 / 9.7);
		expect(limit.gapMs(37_200)).toBeLessThan(60);
		expect(limit.gapMs(120_000)).toBe(0);
	});

	it('keeps them apart no longer once runs turn out to be too many', () => {
		const limit = new AutomaticLimit();
		accept(limit, 5);
		limit.refuse(limit.currentRound, 5, 0);
		expect([limit.limit, limit.gapMs(1500)]).toEqual([10, 1000 / (5 * 0.97)]);
		limit.refuse(limit.currentRound, 5, 1500);
		expect([limit.limit, limit.gapMs(1500)]).toEqual([5, 0]);
	});
});
