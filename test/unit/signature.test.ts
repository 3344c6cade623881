import { parseSecrets, sign, verify } from '../../runflow/signature';

const secret = 'whsec_test_123';
const body = Buffer.from('{"event":"run.completed","run_id":"r1"}');
const signature = '52b921692956c10fd14c2803ce434525ffebca2ea57d7c96d8c92e99ef78bf44';

describe('a signature', () => {
	it('matches the test vector that was computed from the documented rule', () => {
		expect(sign(secret, body)).toBe(signature);
	});

	it.each([
		['the right secret', signature, [secret], null],
		['the second of two secrets', signature, ['whsec_old', secret], null],
		['no secret', signature, [], 'no-secret'],
		['no header', undefined, [secret], 'missing'],
		['an empty header', '', [secret], 'missing'],
		['another secret', sign('another', body), [secret], 'mismatch'],
		['a prefix that Runflow does not use', `sha256=${signature}`, [secret], 'malformed'],
		['capital letters', signature.toUpperCase(), [secret], 'malformed'],
		['a digit too few', signature.slice(1), [secret], 'malformed'],
		['a digit too many', `${signature}0`, [secret], 'malformed'],
		['a header sent twice', [signature, signature], [secret], 'malformed'],
		['the key without its prefix', sign('test_123', body), [secret], 'mismatch'],
	])('is checked correctly with %s', (_name, header, secrets, reason) => {
		expect(verify(body, header, secrets)).toEqual(
			reason === null ? { ok: true } : { ok: false, reason },
		);
	});

	it('does not hold for a body that was changed by one byte or serialized again', () => {
		const changed = Buffer.from(body);
		changed[3] = (changed[3] ?? 0) + 1;
		expect(verify(changed, signature, [secret]).ok).toBe(false);
		const rewritten = Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 1));
		expect(verify(rewritten, signature, [secret]).ok).toBe(false);
	});
});

describe('the secrets of a credential', () => {
	it.each([
		['one', ['one']],
		['one,two', ['one', 'two']],
		[' one  two\nthree,, ', ['one', 'two', 'three']],
		['', []],
		[' \n', []],
	])('%j are %j', (text, secrets) => {
		expect(parseSecrets(text)).toEqual(secrets);
	});
});
