import fc from 'fast-check';

import { parseSecrets, sign, verify } from '../../../runflow/signature';
import { tried } from '../../fixtures/properties';

const body = fc.uint8Array({ maxLength: 300 });
const secret = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const others = fc.array(secret, { maxLength: 3 });

/** Secrets that differ as the bytes of an HMAC key do: padded with zeros, and lone surrogates are one character. */
const keyOf = (text: string) =>
	Buffer.from(text)
		.toString('hex')
		.replace(/(00)+$/, '');

describe('a signature', () => {
	it('holds for the bytes and the secret it was made of, among any secrets', () => {
		fc.assert(
			fc.property(body, secret, others, others, (bytes, own, before, after) => {
				expect(verify(bytes, sign(own, bytes), [...before, own, ...after])).toEqual({ ok: true });
			}),
			tried(1000),
		);
	});

	it('does not hold where one bit of the body differs', () => {
		fc.assert(
			fc.property(
				fc.uint8Array({ minLength: 1, maxLength: 300 }),
				secret,
				fc.nat(),
				fc.nat(7),
				(bytes, own, position, bit) => {
					const changed = Uint8Array.from(bytes);
					const index = position % bytes.length;
					changed[index] = (changed[index] ?? 0) ^ (1 << bit);
					expect(verify(changed, sign(own, bytes), [own]).ok).toBe(false);
				},
			),
			tried(1000),
		);
	});

	it('does not hold where one digit of it differs', () => {
		const digit = fc.constantFrom(...'0123456789abcdef');
		fc.assert(
			fc.property(body, secret, fc.nat(63), digit, (bytes, own, index, changed) => {
				const signature = sign(own, bytes);
				fc.pre(signature[index] !== changed);
				const forged = signature.slice(0, index) + changed + signature.slice(index + 1);
				expect(verify(bytes, forged, [own])).toEqual({ ok: false, reason: 'mismatch' });
			}),
			tried(1000),
		);
	});

	it('does not hold for any other secret', () => {
		fc.assert(
			fc.property(body, secret, others, (bytes, own, wrong) => {
				fc.pre(!wrong.some((text) => keyOf(text) === keyOf(own)));
				expect(verify(bytes, sign(own, bytes), wrong).ok).toBe(false);
			}),
			tried(1000),
		);
	});

	it('is refused without an exception, whatever the header is', () => {
		const header = fc.oneof(
			fc.anything(),
			fc.string({ unit: 'binary' }),
			fc.stringMatching(/^[0-9a-fA-F]{62,66}$/),
		);
		fc.assert(
			fc.property(body, header, fc.array(secret), (bytes, sent, secrets) => {
				expect(verify(bytes, sent, secrets).ok).toBe(false);
			}),
			tried(1000),
		);
	});

	it('finds every secret that a text lists, whatever separates them', () => {
		const word = fc.string({ minLength: 1, unit: fc.constantFrom(...'aZ09_-+/=.') });
		const separator = fc.string({
			minLength: 1,
			unit: fc.constantFrom(',', ' ', '\n', '\r', '\t'),
		});
		fc.assert(
			fc.property(fc.array(fc.tuple(word, separator)), separator, (pairs, start) => {
				const words = pairs.map(([text]) => text);
				expect(parseSecrets(start + pairs.flat().join(''))).toEqual(words);
			}),
			tried(500),
		);
	});
});
