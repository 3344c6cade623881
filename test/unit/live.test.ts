import { LiveSuspensions } from '../../nodes/GptImage2/suspension/live';

const suspensionOf = (id: string, ...runIds: string[]) => ({
	id,
	startedAt: 0,
	firstCreatedAt: 0,
	runs: runIds.map((runId) => ({ runId })),
});

describe('the suspensions that a process knows', () => {
	afterEach(() => jest.useRealTimers());

	it('are complete with the last run that had not called', () => {
		const live = new LiveSuspensions();
		live.of(suspensionOf('one', 'a', 'b'));
		expect(live.calledBy('a')).toMatchObject({ id: 'one', isComplete: false });
		expect(live.calledBy('a')?.isComplete).toBe(false);
		expect(live.calledBy('b')?.isComplete).toBe(true);
	});

	it('remember their callers when they are asked for once more', () => {
		const live = new LiveSuspensions();
		live.of(suspensionOf('one', 'a', 'b'));
		live.calledBy('a');
		live.of(suspensionOf('one', 'a', 'b'));
		expect(live.calledBy('b')?.isComplete).toBe(true);
	});

	it('are not told by a run for which several wait', () => {
		const live = new LiveSuspensions();
		live.of(suspensionOf('one', 'a', 'b'));
		live.of(suspensionOf('two', 'a'));
		expect(live.calledBy('a')).toBeNull();
		expect(live.calledBy('b')?.id).toBe('one');
		expect(live.calledBy('unknown')).toBeNull();
	});

	it('are all told of a run for which several wait', () => {
		const live = new LiveSuspensions();
		const one = live.of(suspensionOf('one', 'a', 'b'));
		const two = live.of(suspensionOf('two', 'a'));
		live.calledBy('a');
		expect([one.hasCalled('a'), two.isComplete]).toEqual([true, true]);
	});

	it('are forgotten a minute after they were over, and not before', () => {
		jest.useFakeTimers({ now: 0 });
		const live = new LiveSuspensions();
		const first = live.of(suspensionOf('one', 'a'));
		first.end();
		jest.advanceTimersByTime(59_999);
		expect(live.of(suspensionOf('one', 'a'))).toBe(first);
		expect(first.isResumed).toBe(true);
		jest.advanceTimersByTime(1);
		expect(first.isResumed).toBe(false);
		live.of(suspensionOf('two', 'b'));
		expect(live.calledBy('a')).toBeNull();
	});

	it('are limited in number: the oldest is forgotten first', () => {
		const live = new LiveSuspensions();
		for (let number = 0; number <= 5_000; number++) {
			live.of(suspensionOf(`s${number}`, `r${number}`));
		}
		expect(live.calledBy('r0')).toBeNull();
		expect(live.calledBy('r1')).not.toBeNull();
	});
});
