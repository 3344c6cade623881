import { AutomaticLimit } from '../../nodes/GptImage2/runs/automaticLimit';

/** Notes that so many creates were accepted, one after the other. */
function accept(limit: AutomaticLimit, creates: number, moment = 0): number {
	for (let create = 0; create < creates; create++) limit.accept(moment);
	return limit.limit;
}

describe('the automatic limit of runs', () => {
	it('starts at 10 and doubles as soon as so many are pending, up to 100', () => {
		const limit = new AutomaticLimit();
		expect(limit.limit).toBe(10);
		expect(accept(limit, 9)).toBe(10);
		expect(accept(limit, 1)).toBe(20);
		expect(accept(limit, 9)).toBe(20);
		expect(accept(limit, 1)).toBe(40);
		expect(accept(limit, 20)).toBe(80);
		expect(accept(limit, 40)).toBe(100);
		expect(accept(limit, 1000)).toBe(100);
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
		limit.refuse(limit.currentRound, 25, 0);
		expect(limit.limit).toBe(20);
		expect(accept(limit, 20)).toBe(25);
		expect(accept(limit, 100)).toBe(25);
		expect(accept(limit, 25, 30_000)).toBe(50);
	});

	it('recovers at once from a refusal that has nothing to do with pending runs', () => {
		const limit = new AutomaticLimit();
		for (let refusals = 0; refusals < 10; refusals++) limit.refuse(limit.currentRound, 0, 0);
		expect(accept(limit, 1)).toBe(2);
		expect(accept(limit, 1)).toBe(4);
	});
});
