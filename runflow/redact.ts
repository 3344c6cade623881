/** Keys and signing secrets of Runflow, recognized by how they begin (AUTH, SIG), and bearer tokens. */
const secretTexts = /(?:rf_live_|rf_svc_|whsec_)[\w+/=-]*|\bBearer\s+[\w.~+/=-]{8,}/gi;

/** The token of a callback URL that wakes an execution: anyone who sees it could do the same. */
const wakingTokens =
	/((?:-waiting(?:\/|%2F)|(?:\/|%2F)\d+(?:\/|%2F)[0-9a-f-]{36})[^\s"'<>]{0,300}?(?:[?&]|%3F|%26)signature(?:=|%3D))[\w-]+/gi;

/** Anything shorter is not a secret but a word that occurs in texts and URLs. */
const shortestSecret = 12;
const replacement = '[hidden]';

const longestHost = 255;

/** Whether this position of a text is in a URL's host name. */
function isInHost(text: string, at: number): boolean {
	const before = text.slice(Math.max(0, at - longestHost), at);
	const isUser = /^[^\s/?#@]*@/.test(text.slice(at, at + longestHost));
	return !isUser && /https?:\/\/(?:[^\s/?#@]*@)?[^\s/?#@]*$/i.test(before);
}

/**
 * Removes secrets from a text of the API, because errors quote such texts. Whatever looks like a Runflow
 * key, the token of a waking URL, and each of `secrets` (those of the credential) outside host names
 * becomes '[hidden]'.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
	return secrets
		.filter((secret) => secret.length >= shortestSecret)
		.sort((one, other) => other.length - one.length)
		.reduce(
			(rest, secret) =>
				rest.replaceAll(secret, (found, at: number, whole: string) =>
					isInHost(whole, at) ? found : replacement,
				),
			text,
		)
		.replace(wakingTokens, `$1${replacement}`)
		.replace(secretTexts, replacement);
}

/** Like `redact`, for a text that may be missing. */
export function redactOrNull(text: string | null, secrets?: readonly string[]): string | null {
	return text === null ? null : redact(text, secrets);
}

/** Keys of values that the user sent or that identify a run, which must come back unchanged. */
const exactKeys: ReadonlySet<string> = new Set([
	'callback_url',
	'client_ref',
	'id',
	'input',
	'metadata',
	'run_id',
]);

/** Deeper levels are neither quoted nor output. */
const deepest = 100;

/**
 * Removes secrets from all texts in an answer of the API, as `redact` does, whatever their key. What the
 * user sent stays unchanged, because a run is recognized by it, and so does the content of data URIs.
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
