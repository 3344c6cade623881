const end = '<!-- end of what a script writes -->';

const startOf = (name: string) => `<!-- '${name}', written by npm run docs -->`;

/**
 * Rewrites the named parts of a page and keeps what is around them. Throws if the page has no place for a
 * part, or has one that no part fills.
 */
export function fillParts(page: string, parts: Readonly<Record<string, string>>): string {
	const names = [...page.matchAll(/^<!-- '(.*)', written by npm run docs -->$/gm)].map(
		([, name]) => name ?? '',
	);
	const unknown = names.find((name) => !(name in parts));
	if (unknown !== undefined) throw new Error(`nothing writes the part '${unknown}'`);
	return Object.entries(parts).reduce((text, [name, content]) => {
		const [before, rest] = splitOnce(text, `${startOf(name)}\n`);
		const [, after] = splitOnce(rest, end);
		return `${before}${startOf(name)}\n\n${content}\n\n${end}${after}`;
	}, page);
}

function splitOnce(text: string, at: string): [before: string, after: string] {
	const position = text.indexOf(at);
	if (position < 0) throw new Error(`the page has no '${at.trim()}'`);
	return [text.slice(0, position), text.slice(position + at.length)];
}

/** A Markdown table. */
export function table(heads: string[], rows: string[][]): string {
	const line = (cells: string[]) =>
		`| ${cells.map((cell) => cell.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`;
	return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
