import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import manifest from '../../package.json';

const root = join(__dirname, '..', '..');
const ourRepository = 'https://github.com/n8n-nodes-runflow/n8n-nodes-runflow';

/**
 * The pages on the web that we link to, kept by hand: whoever adds one has looked at it. The first three are of the repository
 * itself, and exist once it is public.
 */
const knownPages = new Set([
	ourRepository,
	`${ourRepository}/issues`,
	`${ourRepository}/security/advisories/new`,
	'https://app.runflow.io/settings/api-keys',
	'https://community.n8n.io',
	'https://docs.n8n.io/connect/create-nodes/build-your-node/reference/ux-guidelines',
	'https://docs.n8n.io/connect/create-nodes/build-your-node/reference/verification-guidelines',
	'https://docs.runflow.io',
	'https://docs.runflow.io/concepts/authentication',
	'https://docs.runflow.io/concepts/callbacks',
	'https://docs.runflow.io/models/openai/gpt-image-2',
	'https://github.com/release-it/release-it',
	'https://www.runflow.io',
]);

/** Addresses that are values or examples in a text and lead nowhere. */
const noPages =
	/^https?:\/\/(api\.runflow\.io\b|127\.0\.0\.1|localhost|…|([\w-]+\.)*example\.(com|org)\b)/;

const read = (file: string) => readFileSync(join(root, file), 'utf8');

function filesIn(folder: string, ending: RegExp, recursive = false): string[] {
	return readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
		.filter((name) => ending.test(name))
		.map((name) => join(folder, name));
}

const pages = [
	...filesIn('.', /\.md$/),
	...filesIn('docs', /\.md$/, true),
	...filesIn('.github', /\.md$/, true),
];
const others = [
	'package.json',
	...filesIn('nodes', /\.(ts|json)$/, true),
	...filesIn('credentials', /\.ts$/),
	...filesIn('examples', /\.json$/),
	...filesIn('.github', /\.yml$/, true),
];

const withoutCode = (text: string) => text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '');

/** The targets of the links and images of a page, in Markdown and in HTML. */
function linksOf(page: string): string[] {
	const text = withoutCode(read(page));
	const markdown = [...text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)];
	const html = [...text.matchAll(/\b(?:href|src|srcset)="([^"\s]+)/g)];
	const references = [...text.matchAll(/^\[(?!\^)[^\]]+\]:\s*(\S+)/gm)];
	return [...markdown, ...html, ...references].map(([, target = '']) => target);
}

/** The anchors that GitHub makes of a page's headings. */
function anchorsOf(page: string): string[] {
	const headings = read(page)
		.replace(/```[\s\S]*?```/g, '')
		.matchAll(/^#{1,6}\s+(.+)$/gm);
	const seen = new Map<string, number>();
	return [...headings].map(([, heading = '']) => {
		const slug = heading
			.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, '')
			.trim()
			.replace(/\s/g, '-');
		const times = seen.get(slug) ?? 0;
		seen.set(slug, times + 1);
		return times === 0 ? slug : `${slug}-${times}`;
	});
}

/** What is wrong with a link into the repository; null if nothing is. */
function brokenLink(page: string, target: string): string | null {
	const [path = '', anchor] = target.split('#');
	const file = path === '' ? page : relative(root, resolve(root, dirname(page), decodeURI(path)));
	if (file.startsWith('..')) return `${page}: ${target} leaves the repository`;
	if (!existsSync(join(root, file))) return `${page}: ${target} does not exist`;
	if (anchor !== undefined && !anchorsOf(file).includes(anchor))
		return `${page}: ${target} has no such heading`;
	return null;
}

const isExternal = (target: string) => /^(https?:|mailto:)/.test(target);

describe('links inside the repository', () => {
	it.each(pages)('lead somewhere from %s', (page) => {
		const broken = linksOf(page)
			.filter((target) => !isExternal(target))
			.map((target) => brokenLink(page, target));
		expect(broken.filter((problem) => problem !== null)).toEqual([]);
	});

	it('are told from broken ones', () => {
		expect(brokenLink('README.md', 'docs/no-such-page.md')).toContain('does not exist');
		expect(brokenLink('README.md', 'CONTRIBUTING.md#no-such-heading')).toContain('no such heading');
		expect(brokenLink('docs/fields.md', '../../elsewhere')).toContain('leaves the repository');
		expect(brokenLink('docs/fields.md', '../CONTRIBUTING.md#the-house')).toBeNull();
	});

	it('are found on the pages', () => {
		expect(pages.flatMap(linksOf).filter((target) => !isExternal(target)).length).toBeGreaterThan(
			20,
		);
	});

	it('are where package.json says', () => {
		const named = [...manifest.files, manifest.main].filter((file) => file !== 'dist');
		const built = [...manifest.n8n.nodes, ...manifest.n8n.credentials].map((file) =>
			file.replace(/^dist\//, '').replace(/\.js$/, '.ts'),
		);
		expect([...named, ...built].filter((file) => !existsSync(join(root, file)))).toEqual([]);
		expect([manifest.homepage, manifest.bugs.url, manifest.repository.url]).toEqual([
			ourRepository,
			`${ourRepository}/issues`,
			`git+${ourRepository}.git`,
		]);
	});
});

describe('links to the web', () => {
	it.each([...pages, ...others])('are known pages in %s', (file) => {
		const text = pages.includes(file) ? linksOf(file).join('\n') : read(file);
		const addresses = [...text.matchAll(/https?:\/\/[^\s"'`<>)\\|,]+/g)].map(([address]) =>
			address.replace(/[.#?/]+$/, '').replace(/\.git$/, ''),
		);
		const unknown = addresses.filter(
			(address) => !knownPages.has(address) && !noPages.test(address),
		);
		expect(unknown).toEqual([]);
	});
});
