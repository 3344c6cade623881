import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'sources.md'), 'utf8');
const listed = [...page.matchAll(/^\| ([A-Z][A-Z-]*) \|/gm)].map(([, tag = '']) => tag);

/** The tags in parentheses in the sources' comments, without their generation. */
function usedTags(): string[] {
	const files = ['runflow', 'nodes', 'simulator', 'credentials'].flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
			.filter((name) => name.endsWith('.ts'))
			.map((name) => readFileSync(join(root, folder, name), 'utf8')),
	);
	const comments = files.flatMap((text) => text.match(/\/\*\*[\s\S]*?\*\//g) ?? []);
	const groups = comments.flatMap((comment) => [...comment.matchAll(/\(([^()]*)\)/g)]);
	return groups.flatMap(([, group = '']) => group.match(/\b[A-Z]{2,}(?:-[A-Z])?\b/g) ?? []);
}

describe('the page of sources', () => {
	it('explains every tag that a comment names', () => {
		const noTags = ['URI', 'URL', 'URLs', 'HTTP', 'JSON'];
		const unknown = usedTags().filter((tag) => !listed.includes(tag) && !noTags.includes(tag));
		expect(unknown).toEqual([]);
	});

	it('lists no tag that no comment names', () => {
		const used = new Set(usedTags());
		expect(listed.filter((tag) => !used.has(tag))).toEqual([]);
	});
});
