import {
	hasSucceeded,
	isKnownStatus,
	isTerminal,
	normalizeStatus,
	runStatuses,
} from '../../runflow/status';

describe('run statuses', () => {
	it.each([
		['canceled', 'cancelled'],
		['cancelled', 'cancelled'],
		['errored', 'failed'],
		['timeout', 'failed'],
		['queued', 'queued'],
		['pondering', 'pondering'],
	])('reads %s as %s', (spelled, normalized) => {
		expect(normalizeStatus(spelled)).toBe(normalized);
	});

	it('knows which statuses never change again', () => {
		expect(runStatuses.filter(isTerminal)).toEqual([
			'succeeded',
			'partial_succeeded',
			'failed',
			'cancelled',
		]);
		expect(isTerminal('pondering')).toBe(false);
	});

	it('knows which statuses deliver images', () => {
		expect(runStatuses.filter(hasSucceeded)).toEqual(['succeeded', 'partial_succeeded']);
	});

	it.each([
		...['queued', 'dispatching', 'running', 'succeeded'],
		...['partial_succeeded', 'failed', 'cancelled'],
	])('knows %s, which the API documents', (documented) => {
		expect(isKnownStatus(normalizeStatus(documented))).toBe(true);
	});

	it('knows no status that nobody documents', () => {
		expect(isKnownStatus(normalizeStatus('pondering'))).toBe(false);
	});
});
