import { Callers } from '../../nodes/GptImage2/suspension/callers';

describe('the callers of a suspension', () => {
	it('are complete with the last run that had not called', () => {
		const callers = new Callers();
		callers.expect('one', ['a', 'b']);
		expect(callers.note('a')).toEqual({ suspensionId: 'one', called: ['a'], isLast: false });
		expect(callers.note('a')).toMatchObject({ isLast: false });
		expect(callers.note('b')).toEqual({ suspensionId: 'one', called: ['a', 'b'], isLast: true });
	});

	it('are unknown where nobody expects them, or no longer', () => {
		const callers = new Callers();
		expect(callers.note('a')).toBeNull();
		callers.expect('one', ['a']);
		callers.forget('one');
		expect(callers.note('a')).toBeNull();
	});

	it('are not forgotten when their suspension is expected once more', () => {
		const callers = new Callers();
		callers.expect('one', ['a', 'b']);
		callers.note('a');
		callers.expect('one', ['a', 'b']);
		expect(callers.note('b')).toMatchObject({ isLast: true });
	});

	it('belong to the latest suspension that waits for their run', () => {
		const callers = new Callers();
		callers.expect('one', ['a', 'b']);
		callers.expect('two', ['a']);
		expect(callers.note('a')).toMatchObject({ suspensionId: 'two', isLast: true });
		callers.forget('one');
		expect(callers.note('a')).toMatchObject({ suspensionId: 'two' });
	});

	it('are kept for a limited number of suspensions', () => {
		const callers = new Callers();
		for (let number = 0; number <= 5_000; number++) callers.expect(`s${number}`, [`r${number}`]);
		expect(callers.note('r0')).toBeNull();
		expect(callers.note('r1')).not.toBeNull();
	});
});
