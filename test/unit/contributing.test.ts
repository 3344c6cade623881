import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
const [tree = ''] = page.split('```\n').filter((part) => part.includes('nodes/GptImage2/ '));

/** The folders of which the tree names every file; of the others it says only what they are for. */
const listed = ['credentials', 'nodes', 'runflow'];

/** The folders and files that the tree names, each indented below its folder and followed by what it is for. */
function namesIn(lines: string): string[] {
	const folders: string[] = [];
	return lines.split('\n').flatMap((line) => {
		const [indentation = '', first] = /^(?: {2})*(?=(\S+))/.exec(line) ?? [];
		const depth = indentation.length / 2;
		const names = [];
		for (const name of line.trim().split(/ +/)) {
			if (!/^[\w/]+(\/|(\.\w+)*\.ts)$/.test(name)) break;
			names.push(name);
		}
		return names.map((name) => {
			const path = [...folders.slice(0, depth), name].join('');
			if (name === first && name.endsWith('/')) folders.splice(depth, Infinity, name);
			return path;
		});
	});
}

describe('the tree in CONTRIBUTING', () => {
	const named = namesIn(tree);

	it('names nothing that does not exist', () => {
		expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
	});

	it.each(listed)('names every file of %s', (folder) => {
		const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
			.filter((name) => name.endsWith('.ts'))
			.map((name) => `${folder}/${name}`);
		expect(files.filter((file) => !named.includes(file))).toEqual([]);
	});
});

describe('the ways in CONTRIBUTING', () => {
	const steps = [...page.matchAll(/`([\w/.]+\.ts)#(\w+)`/g)].map(([, file = '', name = '']) => {
		const folder = ['nodes/GptImage2', '.'].find((base) => existsSync(join(root, base, file)));
		return { file, name, text: folder ? readFileSync(join(root, folder, file), 'utf8') : '' };
	});

	it.each(steps)('lead through $file#$name', ({ name, text }) => {
		expect(text).toMatch(new RegExp(`\\b${name}\\b`));
	});

	it('are found', () => {
		expect(steps.length).toBeGreaterThan(20);
	});
});
