import { offer, offeredRuns, take } from '../../nodes/GptImage2/runs/undelivered';

const day = 86_400_000;
const paidFor = (runId: string) => ({ runId, hash: 'h', createdAt: null });
const offered = (scope: string) => offeredRuns(scope, 'h').map(({ runId }) => runId);

describe('runs that were paid for and never output', () => {
	beforeEach(() => jest.useFakeTimers({ now: Date.parse('2026-05-20T09:00:00Z') }));
	afterEach(() => jest.useRealTimers());

	it('are offered beside each other for a day', () => {
		offer('node 1', paidFor('a'));
		jest.advanceTimersByTime(day - 1);
		offer('node 1', paidFor('b'));
		expect(offered('node 1')).toEqual(['a', 'b']);
		jest.advanceTimersByTime(1);
		offer('node 1', paidFor('c'));
		expect(offered('node 1')).toEqual(['b', 'c']);
	});

	it('are free for one taker, unless he fails with them as well', () => {
		offer('node 2', paidFor('a'));
		expect([take('node 2', 'a'), take('node 2', 'a')]).toEqual([true, false]);
		expect(offered('node 2')).toEqual([]);
		offer('node 2', paidFor('a'));
		expect(offered('node 2')).toEqual(['a']);
	});

	it('are never offered again once they were output', () => {
		offer('node 3', paidFor('a'));
		take('node 3', 'a', 'output');
		offer('node 3', paidFor('a'));
		expect(offered('node 3')).toEqual([]);
	});
});
