/** Keys and signing secrets of Runflow, by how they begin (AUTH, SIG), and bearer tokens. */
const secretTexts = /(?:rf_live_|rf_svc_|whsec_)[\w+/=-]*|\bBearer\s+[\w.~+/=-]{8,}/gi;

/** The token of a callback URL that wakes an execution: whoever sees it could do so as well. */
const wakingTokens =
	/((?:-waiting(?:\/|%2F)|(?:\/|%2F)\d+(?:\/|%2F)[0-9a-f-]{36})[^\s"'<>]{0,300}?(?:[?&]|%3F|%26)signature(?:=|%3D))[\w-]+/gi;

/** What is shorter is no secret, but a word that texts and URLs have in them. */
const shortestSecret = 12;
const replacement = '[hidden]';

const longestHost = 255;

/** Whether what stands at this place of a text is part of a URL's host name. */
function isInHost(text: string, at: number): boolean {
	const before = text.slice(Math.max(0, at - longestHost), at);
	const isUser = /^[^\s/?#@]*@/.test(text.slice(at, at + longestHost));
	return !isUser && /https?:\/\/(?:[^\s/?#@]*@)?[^\s/?#@]*$/i.test(before);
}

/**
 * A text of the API without secrets in it, because errors quote such texts: whatever looks like a key
 * of Runflow, the token of a waking URL, and each of `secrets` (those of the credential) outside host
 * names becomes '[hidden]'.
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
