import { readAnswer } from '../../nodes/GptImage2/suspension/resumeUrl';

const refusal = { code: 0, message: 'The execution is not waiting' };

describe('the answer of a resume URL', () => {
	it.each([401, 404, 409])("says with n8n's own %s that nothing is left to wake", (httpStatus) => {
		expect(readAnswer(httpStatus, refusal)).toEqual({ httpStatus, isOver: true, isClear: true });
		expect(readAnswer(httpStatus, { error: 'Invalid signature' }).isOver).toBe(true);
	});

	it('says so as well where n8n trips over an execution that ended with a form', () => {
		const message = "Cannot read properties of undefined (reading 'node')";
		expect(readAnswer(500, { code: 0, message }).isOver).toBe(true);
	});

	it('is clear where n8n trips over an execution that it has not saved yet, which is not over', () => {
		const message = "Cannot read properties of undefined (reading 'resumeToken')";
		expect(readAnswer(500, { code: 0, message })).toMatchObject({ isClear: true, isOver: false });
	});

	it('says so where the suspension is over', () => {
		expect(readAnswer(200, { state: 'resumed' })).toMatchObject({ isOver: true, isClear: true });
	});

	it.each([
		['a 404 of a proxy, or of an n8n that is only starting', 404, '<html>Not found</html>'],
		['a 502', 502, ''],
		["n8n's own 500", 500, refusal],
		['a web page', 200, '<html>Hello</html>'],
	])('leaves open with %s whether something is', (_name, httpStatus, body) => {
		expect(readAnswer(httpStatus, body)).toEqual({ httpStatus, isOver: false, isClear: false });
	});

	it('says clearly that runs are pending, be it because they could not be read', () => {
		expect(readAnswer(503, { state: 'pending' })).toMatchObject({ isOver: false, isClear: true });
	});
});
