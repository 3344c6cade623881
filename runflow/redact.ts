/** Keys and signing secrets of Runflow, by how they begin (AUTH, SIG), and bearer tokens. */
const secretTexts = /(?:rf_live_|rf_svc_|whsec_)[\w+/=-]*|\bBearer\s+[\w.~+/=-]{8,}/gi;

const shortestSecret = 6;
const replacement = '[hidden]';

/**
 * A text of the API without secrets in it, because errors quote such texts: whatever looks like a key
 * of Runflow, and each of `secrets` (those of the credential), becomes '[hidden]'.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
	return secrets
		.filter((secret) => secret.length >= shortestSecret)
		.sort((one, other) => other.length - one.length)
		.reduce((rest, secret) => rest.split(secret).join(replacement), text)
		.replace(secretTexts, replacement);
}

/** As `redact`, for a text that may be missing. */
export function redactOrNull(text: string | null, secrets?: readonly string[]): string | null {
	return text === null ? null : redact(text, secrets);
}
