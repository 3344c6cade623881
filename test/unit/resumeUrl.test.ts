import { isClear, isOver } from '../../nodes/GptImage2/suspension/resumeUrl';

const answer = (httpStatus: number | null, isRefused: boolean, state: 'pending' | null = null) => ({
	httpStatus,
	isRefused,
	state,
	hasEnded: false,
});

describe('the answer of a resume URL', () => {
	it.each([401, 404, 409])("says with n8n's own %s that nothing is left to wake", (httpStatus) => {
		expect(isOver(answer(httpStatus, true))).toBe(true);
	});

	it('says so as well where n8n trips over an execution that ended with a form', () => {
		expect(isOver({ ...answer(500, true), hasEnded: true })).toBe(true);
	});

	it.each([
		['a 404 of a proxy, or of an n8n that is only starting', answer(404, false)],
		['a 502', answer(502, false)],
		['no answer', answer(null, false)],
		["n8n's own 500", answer(500, true)],
		['a web page', answer(200, false)],
	])('leaves open with %s whether something is', (_name, unclear) => {
		expect([isOver(unclear), isClear(unclear)]).toEqual([false, false]);
	});

	it('says clearly that runs are pending, be it because they could not be read', () => {
		const pending = answer(503, false, 'pending');
		expect([isOver(pending), isClear(pending)]).toEqual([false, true]);
	});
});
