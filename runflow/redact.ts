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

/** Keys of what the user sent or what names a run, which has to come back as it is. */
const exactKeys: ReadonlySet<string> = new Set([
	'callback_url',
	'client_ref',
	'id',
	'input',
	'metadata',
	'run_id',
]);

/** Nothing deeper is quoted or becomes an item. */
const deepest = 100;

/**
 * An answer of the API with no secret in any of its texts, as `redact`, whatever the key. What the user
 * sent stays as it is, since a run is known by it, and so does what is inside of data URIs.
 */
export function redactAnswer(answer: unknown, secrets: readonly string[] = [], depth = 0): unknown {
	if (typeof answer === 'string') {
		return answer.startsWith('data:') ? answer : redact(answer, secrets);
	}
	if (typeof answer !== 'object' || answer === null || depth === deepest) return answer;
	if (Array.isArray(answer)) {
		return answer.map((part: unknown) => redactAnswer(part, secrets, depth + 1));
	}
	const parts = Object.entries(answer).map(([key, value]: [string, unknown]) => [
		key,
		exactKeys.has(key) ? value : redactAnswer(value, secrets, depth + 1),
	]);
	return Object.fromEntries(parts);
}
