import { editFieldsSchema, generateInputSchema } from './input';

const urlKeys: ReadonlySet<string> = new Set(['image_urls', 'mask_url']);

/** What a field may be where it is left out, by its name. */
const defaults: ReadonlyMap<string, unknown[]> = (() => {
	const ofGenerate = generateInputSchema.omit({ prompt: true }).parse({});
	const ofEdit = editFieldsSchema.omit({ prompt: true }).parse({});
	const entries = Object.entries(ofGenerate);
	return new Map(
		entries.map(([key, value]) => [key, [value, new Map(Object.entries(ofEdit)).get(key)]]),
	);
})();

/**
 * Whether a run's input, as the API returns it, is the one that was sent: every key that was sent has
 * the same value; the API may have added others. The API may store it in its own way: text trimmed and
 * normalised, numbers as text, defaults left out, data URIs replaced by references and URLs signed anew
 * (SDK), so that URLs of images count without their query.
 */
export function isSameInput(sent: object, stored: Record<string, unknown> | null): boolean {
	return stored !== null && isWithin(sent, stored, withoutQuery);
}

/**
 * Whether a run's input is what was sent, the URLs of images with their queries, and nothing else, for
 * where nothing but the input says which request it was. What is null counts as absent.
 */
export function isWholeInput(sent: object, stored: Record<string, unknown> | null): boolean {
	if (stored === null) return false;
	return isWithin(sent, stored, asIs) && isWithin(stored, sent, asIs);
}

/** Makes texts comparable that say the same. */
type Simplify = (text: string) => string;

function isWithin(sent: object, stored: object, simplifyUrl: Simplify): boolean {
	const values = new Map<string, unknown>(Object.entries(stored));
	return Object.entries(sent).every(([key, value]) => {
		const other = values.get(key) ?? null;
		if (other === null) return (value ?? null) === null || isDefault(key, value);
		return isSame(value, other, urlKeys.has(key) ? simplifyUrl : usualText);
	});
}

function isDefault(key: string, value: unknown): boolean {
	return defaults.get(key)?.some((usual) => isSame(value, usual, usualText)) ?? false;
}

function isSame(sent: unknown, stored: unknown, simplify: Simplify): boolean {
	if (sent === stored) return true;
	if (typeof sent === 'string' && typeof stored === 'string') {
		return simplify(sent) === simplify(stored) || isReplaced(sent, stored);
	}
	if (typeof sent !== 'object' || sent === null) {
		return typeof stored !== 'object' && String(sent) === String(stored).trim();
	}
	if (typeof stored !== 'object' || stored === null) return false;
	if (!Array.isArray(sent)) return isWithin(sent, stored, simplify);
	return (
		Array.isArray(stored) &&
		sent.length === stored.length &&
		sent.every((value, index) => isSame(value, stored[index], simplify))
	);
}

/** Whether one is a reference in place of the other: to what was a data URI, or to an asset by its id. */
function isReplaced(sent: string, stored: string): boolean {
	if (/^data:/i.test(sent)) return /^(https?|runflow):/i.test(stored);
	const reference = /^runflow:\/\/assets\/([^/?#]+)/i;
	const [, asset] = reference.exec(sent) ?? reference.exec(stored) ?? [];
	return asset !== undefined && sent.includes(asset) && stored.includes(asset);
}

/** A text as it is compared, whatever line ends, spaces around it and composed letters the API makes of it. */
export function usualText(text: string): string {
	return text.normalize('NFC').replace(/\r\n?/g, '\n').trim();
}

const asIs = (text: string) => text;

function withoutQuery(url: string): string {
	return /^https?:/i.test(url) ? url.replace(/[?#].*$/s, '') : url;
}
