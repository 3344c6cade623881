import { createHmac, timingSafeEqual } from 'node:crypto';

/** The header that carries a callback's signature (SEED, SIG). */
export const signatureHeader = 'runflow-signature';

/** Why a callback was refused. */
type SignatureProblem = 'no-secret' | 'missing' | 'malformed' | 'mismatch';

/** Whether a signature is valid, and if not, why. */
type SignatureVerdict = { ok: true } | { ok: false; reason: SignatureProblem };

const hexSignature = /^[0-9a-f]{64}$/;

/**
 * Signs the raw bytes of a callback as Runflow does: HMAC-SHA256 in lowercase hex, with the whole secret as
 * key, including `whsec_` (SIG, CB).
 */
export function sign(secret: string, body: Uint8Array): string {
	return createHmac('sha256', secret).update(body).digest('hex');
}

/**
 * Checks the signature of a callback over its raw bytes against every secret, because both the old and the
 * new one may be in use during rotation (SIG). Never throws.
 */
export function verify(
	body: Uint8Array,
	signature: unknown,
	secrets: readonly string[],
): SignatureVerdict {
	if (secrets.length === 0) return { ok: false, reason: 'no-secret' };
	if (signature === undefined || signature === '') return { ok: false, reason: 'missing' };
	if (typeof signature !== 'string' || !hexSignature.test(signature)) {
		return { ok: false, reason: 'malformed' };
	}
	const received = Buffer.from(signature, 'hex');
	const matches = secrets.map((secret) => {
		const expected = Buffer.from(sign(secret, body), 'hex');
		return received.length === expected.length && timingSafeEqual(received, expected);
	});
	return matches.includes(true) ? { ok: true } : { ok: false, reason: 'mismatch' };
}

/** The secrets listed in a text, separated by commas, spaces or line breaks. */
export function parseSecrets(text: string): string[] {
	return text.split(/[\s,]+/).filter((secret) => secret !== '');
}
