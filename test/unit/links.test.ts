import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import action from '../../nodes/GptImage2/GptImage2.node.json';
import trigger from '../../nodes/GptImage2/GptImage2Trigger.node.json';
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

/** The pictures and links that a page has in HTML, which the lint of links doesn't read. */
function targetsInHtml(page: string): string[] {
	const attributes = withoutCode(read(page)).matchAll(/\b(?:href|src|srcset)="([^"\s]+)/g);
	return [...attributes].map(([, target = '']) => target);
}

/** Whether an address is one of our own pages, as it is in the repository. */
function isOwnPage(address: string): boolean {
	const [, page] = address.split(`${ourRepository}/blob/main/`);
	return page !== undefined && existsSync(join(root, page));
}

const isExternal = (target: string) => /^(https?:|mailto:)/.test(target);

describe('the files that are named', () => {
	it.each(pages)('in the HTML of %s exist', (page) => {
		const targets = targetsInHtml(page).filter((target) => !isExternal(target));
		const files = targets.map((target) => join(dirname(page), target));
		expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
	});

	it('in HTML are found', () => {
		expect(targetsInHtml('README.md')).toContain('docs/workflow-dark.png');
	});

	it('in package.json exist', () => {
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
		const text = pages.includes(file) ? withoutCode(read(file)) : read(file);
		const addresses = [...text.matchAll(/https?:\/\/\w[^\s"'`<>)\\|,]+/g)].map(([address]) =>
			address.replace(/[.#?/]+$/, '').replace(/\.git$/, ''),
		);
		const unknown = addresses.filter(
			(address) => !knownPages.has(address) && !noPages.test(address) && !isOwnPage(address),
		);
		expect(unknown).toEqual([]);
	});

	it.each([action, trigger])("are our own pages where the editor says 'Docs': $node", (codex) => {
		const pages = codex.resources.primaryDocumentation.map(({ url }) => url);
		expect(pages.map(isOwnPage)).toEqual([true]);
	});
});
