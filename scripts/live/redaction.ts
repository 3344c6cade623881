import { redact } from '../../runflow/redact';

const hidden = '[hidden]';

/** Parameters of a URL that let its holder do something. */
const tokenParameter =
	/([?&](?:[\w-]*(?:signature|credential|token|policy|key-pair-id|nonce)|sig|key)=)[^&\s"'<>]+/gi;
const emailAddress = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g;

/** Headers that are never written down, and fields that say who someone is. */
const secretHeaders = /^(authorization|cookie|set-cookie|runflow-signature)$/i;
const personalFields = /^(first_name|last_name|avatar_url|plain_secret|upload_url)$/;

const longestDataUri = 60;

const organizationFields = /^(name|slug)$/;

/** A text without keys, tokens, signatures, e-mail addresses and most of a data URI. */
function cleanText(text: string, secrets: ReadonlyMap<string, string>): string {
	if (text.startsWith('data:')) {
		return text.length > longestDataUri ? `${text.slice(0, longestDataUri)}…` : text;
	}
	const known = [...secrets].reduce((rest, [secret, name]) => rest.replaceAll(secret, name), text);
	return redact(known)
		.replace(tokenParameter, `$1${hidden}`)
		.replace(emailAddress, 'someone@example.com');
}

/**
 * A recorded value without what must not be written down: each of `secrets` becomes what it is mapped to,
 * and whatever looks like a key, a token, a signature or a person's name or address is hidden.
 */
export function withoutSecrets(value: unknown, secrets: ReadonlyMap<string, string>): unknown {
	if (typeof value === 'string') return cleanText(value, secrets);
	if (typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) return value.map((part: unknown) => withoutSecrets(part, secrets));
	const isOrganization = 'slug' in value;
	return Object.fromEntries(
		Object.entries(value).map(([name, inner]: [string, unknown]) => {
			const isHidden =
				secretHeaders.test(name) ||
				personalFields.test(name) ||
				(isOrganization && organizationFields.test(name));
			return [name, isHidden && inner !== null ? hidden : withoutSecrets(inner, secrets)];
		}),
	);
}
