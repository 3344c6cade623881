import { execFileSync } from 'node:child_process';
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { packPackage } from '../../scripts/n8n/package';
import manifest from '../../package.json';

jest.setTimeout(120_000);

const root = join(__dirname, '..', '..');

/** n8n's own modules that a community package can load at run time. */
const reachable = ['n8n-workflow', 'zod', 'p-limit', 'lodash', 'luxon'];

let folder: string;
let installed: string;
let tarball: string;

beforeAll(() => {
	tarball = packPackage();
	folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-installed-'));
	installed = join(folder, 'node_modules', manifest.name);
	mkdirSync(installed, { recursive: true });
	execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
	for (const name of reachable) {
		symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
	}
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string): string {
	writeFileSync(join(folder, 'script.js'), script);
	return execFileSync(process.execPath, [join(folder, 'script.js')], { encoding: 'utf8' });
}

const entries = [...manifest.n8n.nodes, ...manifest.n8n.credentials, 'index.js'];

describe('the packed package', () => {
	it('is smaller than 100 kB', () => {
		expect(statSync(tarball).size).toBeLessThan(100_000);
	});

	it('holds dist and what npm always adds, and nothing else', () => {
		expect(readdirSync(installed).sort()).toEqual([
			'LICENSE.md',
			'README.md',
			'dist',
			'index.js',
			'package.json',
		]);
		expect(readdirSync(join(installed, 'dist')).sort()).toEqual([
			'credentials',
			'nodes',
			'runflow',
		]);
	});

	it.each(entries)("loads %s with nothing but n8n's own modules", (entry) => {
		const exported = run(
			`console.log(Object.keys(require(${JSON.stringify(`${manifest.name}/${entry}`)})).join())`,
		);
		expect(exported.trim()).not.toBe('');
	});

	it('would not load if it reached for a module that n8n does not offer', () => {
		expect(() => run("require('n8n-core')")).toThrow();
	});

	it('ships the icons and the codex file that its nodes name', () => {
		const shipped = readdirSync(join(installed, 'dist', 'nodes', 'GptImage2'));
		expect(shipped).toEqual(
			expect.arrayContaining(['gptImage2.svg', 'gptImage2.dark.svg', 'GptImage2.node.json']),
		);
		expect(readdirSync(join(installed, 'dist', 'credentials', 'icons'))).toHaveLength(2);
	});

	it('has no run-time dependencies and only n8n-workflow as a peer', () => {
		expect(manifest).not.toHaveProperty('dependencies');
		expect(manifest.peerDependencies).toEqual({ 'n8n-workflow': '*' });
	});

	it("passes n8n's own scan of community packages, sources and tarball", () => {
		execFileSync(process.execPath, [join(root, 'scripts', 'scan.mjs'), installed], {
			stdio: 'pipe',
			env: { ...process.env, NODE_ENV: 'production' },
		});
	});
});
