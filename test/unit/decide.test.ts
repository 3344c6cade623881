import { decide, type Known } from '../../nodes/GptImage2/suspension/decide';

interface Called extends Known {
	purpose: Parameters<typeof decide>[0];
	reachesItself: boolean | null;
}

const callback: Called = {
	purpose: 'callback',
	isResumed: false,
	isComplete: false,
	isWatched: false,
	reachesItself: true,
};

describe('a call to a suspended execution', () => {
	it.each<[string, Partial<Called>, string]>([
		['the callback of one of several runs', {}, 'readSoon'],
		['the same where this process watches', { isWatched: true }, 'wait'],
		['the callback of the last run', { isComplete: true }, 'read'],
		['the same where this process watches', { isComplete: true, isWatched: true }, 'read'],
		['a callback where this process can not call itself', { reachesItself: false }, 'read'],
		['a callback before it has tried to', { reachesItself: null }, 'read'],
		['the same where it watches', { reachesItself: null, isWatched: true }, 'read'],
		['a call to wake it', { purpose: 'wake' }, 'read'],
		['a call to wake it while it is resumed', { purpose: 'wake', isResumed: true }, 'wait'],
		['the last callback while it is resumed', { isComplete: true, isResumed: true }, 'wait'],
		['a question whether it is suspended', { purpose: 'probe', isComplete: true }, 'wait'],
	])('by %s: %j leads to %s', (_name, called, decision) => {
		const { purpose, reachesItself, ...known } = { ...callback, ...called };
		expect(decide(purpose, known, reachesItself)).toBe(decision);
	});
});
