import { editFieldsSchema, generateInputSchema } from './input';

const urlKeys: ReadonlySet<string> = new Set(['image_urls', 'mask_url']);

/** The values that a field may have if it is left out, by name. */
const defaults: ReadonlyMap<string, unknown[]> = (() => {
	const ofGenerate = generateInputSchema.omit({ prompt: true }).parse({});
	const ofEdit = editFieldsSchema.omit({ prompt: true }).parse({});
	const entries = Object.entries(ofGenerate);
	return new Map(
		entries.map(([key, value]) => [key, [value, new Map(Object.entries(ofEdit)).get(key)]]),
	);
})();

/**
 * Whether a run's input, as the API returns it, is the one that was sent: every key that was sent has the
 * same value; the API may have added others. The API may store it differently: text trimmed and normalized,
 * numbers as text, defaults left out, data URIs replaced by references, and URLs signed anew (SDK), so
 * image URLs are compared without their query.
 */
export function isSameInput(sent: object, stored: Record<string, unknown> | null): boolean {
	return stored !== null && isWithin(sent, stored, withoutQuery);
}

/**
 * Whether a run's input is exactly what was sent, including the queries of image URLs; for cases where only
 * the input identifies the request. Null counts as absent.
 */
export function isWholeInput(sent: object, stored: Record<string, unknown> | null): boolean {
	if (stored === null) return false;
	return isWithin(sent, stored, asIs) && isWithin(stored, sent, asIs);
}

/** Normalizes texts that say the same, so that they can be compared. */
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

/** Whether one is a reference in place of the other: to a former data URI, or to an asset by its id. */
function isReplaced(sent: string, stored: string): boolean {
	if (/^data:/i.test(sent)) return /^(https?|runflow):/i.test(stored);
	const reference = /^runflow:\/\/assets\/([^/?#]+)/i;
	const [, asset] = reference.exec(sent) ?? reference.exec(stored) ?? [];
	return asset !== undefined && sent.includes(asset) && stored.includes(asset);
}

/**
 * Normalizes a text for comparison, whatever the API does to its line endings, surrounding spaces and
 * composed letters.
 */
export function usualText(text: string): string {
	return text.normalize('NFC').replace(/\r\n?/g, '\n').trim();
}

const asIs = (text: string) => text;

function withoutQuery(url: string): string {
	return /^https?:/i.test(url) ? url.replace(/[?#].*$/s, '') : url;
}
