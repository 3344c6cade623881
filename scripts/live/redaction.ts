import { redact } from '../../runflow/redact';

const hidden = '[hidden]';

/** Parameters of a URL that let its holder do something, encoded or not. */
const tokenParameter =
	/((?:[?&#]|%3F|%26|&amp;)(?:[\w.-]*(?:signature|credential|token|policy|key-pair-id|nonce|secret|password|api_?key)|sig|key)(?:=|%3D))[^&#\s"'<>%]+(?:%(?!26)[^&#\s"'<>%]*)*/gi;
const emailAddress = /[\w.+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+/g;
const userOfUrl = /(\w:\/\/)[^\s/?#@"'<>]+@/g;

/** Headers and fields that are never written down, by how their names end, and fields that say who someone is. */
const secretNames =
	/^(?:(?:set-)?cookie|upload_?url)$|(?:tokens?|secrets?|passwords?|passwd|authorization|(?:api|private|secret|access)[_-]?key(?:[_-]?id)?|signature|credentials?|session(?:[_-]?id)?|jwt)$/i;
const personalNames =
	/^(?:(?:first|last|full|given|family|middle|user|display|nick|legal|org|organi[sz]ation|company|team|workspace|owner|customer|account)_?name|nickname|login|mobile|phone(?:_?number)?|avatar(?:_?url)?)$/i;

/** Fields that name whom an object is about, where it is about a person or an organization. */
const ownNames = /^(?:name|slug)$/i;
const ownersNames =
	/^(?:user|owner|author|creator|created_by|member|membership|org|organi[sz]ation|company|team|workspace|account|customer|profile|people|invited_by)s?$/i;

const dataUri = /^data:[\w.+-]+\/[\w.+-]+[;,]/i;
const longestDataUri = 60;

/** A text without keys, tokens, signatures, e-mail addresses and most of a data URI. */
export function cleanText(text: string, secrets: ReadonlyMap<string, string>): string {
	if (text.length > longestDataUri && dataUri.test(text)) {
		return `${text.slice(0, longestDataUri)}…`;
	}
	const known = [...secrets]
		.flatMap(([secret, name]) => [secret, encodeURIComponent(secret)].map((one) => [one, name]))
		.sort(([one = ''], [other = '']) => other.length - one.length)
		.reduce((rest, [secret = '', name = '']) => rest.replaceAll(secret, name), text);
	return redact(known)
		.replace(userOfUrl, `$1${hidden}@`)
		.replace(tokenParameter, `$1${hidden}`)
		.replace(emailAddress, 'someone@example.com');
}

/** Whether an object says who someone is, by its fields or by the name that it is under. */
function isOwner(value: object, name: string): boolean {
	const names = Object.keys(value);
	return (
		ownersNames.test(name) ||
		names.some(
			(one) => /^(?:slug|email)$/i.test(one) || personalNames.test(one) || ownersNames.test(one),
		)
	);
}

/**
 * A recorded value without what must not be written down: each of `secrets` becomes what it is mapped to,
 * and whatever looks like a key, a token, a signature or a person's name or address is hidden. `under` is
 * the name of the field that has it.
 */
export function withoutSecrets(
	value: unknown,
	secrets: ReadonlyMap<string, string>,
	under = '',
): unknown {
	if (typeof value === 'string') return cleanText(value, secrets);
	if (typeof value !== 'object' || value === null) return value;
	if (Array.isArray(value)) {
		const isHidden = ownersNames.test(under);
		return value.map((part: unknown) =>
			isHidden && typeof part === 'string' ? hidden : withoutSecrets(part, secrets, under),
		);
	}
	const namesOwner = isOwner(value, under);
	return Object.fromEntries(
		Object.entries(value).map(([name, inner]: [string, unknown]) => {
			const isSecret =
				secretNames.test(name) ||
				personalNames.test(name) ||
				(namesOwner && ownNames.test(name)) ||
				(ownersNames.test(name) && typeof inner === 'string');
			const isHidden = isSecret && inner !== null && typeof inner !== 'boolean';
			return [cleanText(name, secrets), isHidden ? hidden : withoutSecrets(inner, secrets, name)];
		}),
	);
}

const shortestSegment = 8;
const shortestLogin = 4;

/** What of a callback URL must not be written down, and what stands for it: whoever knows it could call it. */
export function secretsOfUrl(publicUrl: string): Map<string, string> {
	const url = new URL(publicUrl);
	const { host, origin, password, pathname, searchParams, username } = url;
	const parts = [
		...pathname
			.split('/')
			.filter((part) => part.length >= shortestSegment && !/^callbacks?$/.test(part)),
		...[username, password, ...searchParams.values()].filter(
			({ length }) => length >= shortestLogin,
		),
	];
	// As it is sent: with one parameter more, which is all that stays.
	url.searchParams.set('live', '');
	const sent = url.href.slice(0, url.href.lastIndexOf('live=') - 1);
	const shown = 'https://callbacks.example.com';
	return new Map([
		...parts.flatMap((part): Array<[string, string]> => [
			[part, hidden],
			[decodeURIComponent(part), hidden],
		]),
		[sent, `${shown}/callback`],
		[origin, shown],
		[host, new URL(shown).host],
	]);
}
