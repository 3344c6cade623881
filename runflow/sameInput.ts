const urlKeys: ReadonlySet<string> = new Set(['image_urls', 'mask_url']);

/**
 * Whether a run's input, as the API returns it, is the one that was sent: every key that was sent has
 * the same value; the API may have added others. URLs of images count without their query, because
 * the API signs them again at each read (SDK).
 */
export function isSameInput(sent: object, stored: Record<string, unknown> | null): boolean {
	if (stored === null) return false;
	return Object.entries(sent).every(([key, value]) =>
		isSame(value, stored[key], urlKeys.has(key) ? withoutQuery : asIs),
	);
}

/**
 * Whether a run's input is to the letter what was sent, URLs and their queries too, with nothing else in
 * it, for where nothing but the input says which request it was. What is null counts as absent.
 */
export function isWholeInput(sent: object, stored: Record<string, unknown> | null): boolean {
	if (stored === null) return false;
	const filled = Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== null));
	return isSame(sent, filled, asIs) && isSame(filled, sent, asIs);
}

function isSame(sent: unknown, stored: unknown, simplify: (text: string) => string): boolean {
	if (typeof sent === 'string' && typeof stored === 'string') {
		return simplify(sent) === simplify(stored);
	}
	if (typeof sent !== 'object' || sent === null) return sent === stored;
	if (typeof stored !== 'object' || stored === null) return false;
	if (Array.isArray(sent)) {
		return (
			Array.isArray(stored) &&
			sent.length === stored.length &&
			sent.every((value, index) => isSame(value, stored[index], simplify))
		);
	}
	const values = new Map<string, unknown>(Object.entries(stored));
	return Object.entries(sent).every(([key, value]) => isSame(value, values.get(key), simplify));
}

function asIs(text: string): string {
	return text;
}

function withoutQuery(url: string): string {
	return /^https?:/i.test(url) ? url.replace(/[?#].*$/s, '') : url;
}
