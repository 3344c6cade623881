import { execFileSync, spawnSync } from 'node:child_process';
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { packPackage } from '../../scripts/n8n/package';
import manifest from '../../package.json';
import { entries, unpack } from './unpack';

jest.setTimeout(120_000);

const root = join(__dirname, '..', '..');

/** The modules of n8n's that every n8n offers a community package, in every version. */
const reachable = ['n8n-workflow', 'zod'];

let folder: string;
let installed: string;
let tarball: string;

beforeAll(() => {
	tarball = packPackage();
	folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-installed-'));
	installed = unpack(tarball, folder);
	for (const name of reachable) {
		symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
	}
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string): string {
	writeFileSync(join(folder, 'script.js'), script);
	return execFileSync(process.execPath, [join(folder, 'script.js')], { encoding: 'utf8' });
}

/** What the scan says about the sources here and the package in that folder. */
function scan(unpacked: string): { status: number | null; complaints: string } {
	const { status, stderr } = spawnSync(
		process.execPath,
		[join(root, 'scripts', 'scan.mjs'), unpacked],
		{ encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
	);
	return { status, complaints: stderr };
}

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
			'runflow.js',
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

	it('requires nothing but what n8n offers, and touches neither environment nor files nor timers', () => {
		const code = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
			.filter((name) => name.endsWith('.js'))
			.map((name) => readFileSync(join(installed, 'dist', name), 'utf8'));
		const required = code.flatMap((text) =>
			[...text.matchAll(/\brequire\(["']([^."'][^"']*)["']\)/g)].map(([, name = '']) => name),
		);
		expect([...new Set(required)].sort()).toEqual(['n8n-workflow', 'node:crypto', 'zod/v3']);
		const forbidden =
			/\bprocess\.|\b__dirname\b|\bset(Timeout|Interval|Immediate)\(|\bimport\(|\beval\(/;
		expect(code.filter((text) => forbidden.test(text))).toEqual([]);
	});

	it('names its author, its repository and its licence, and installs without scripts', () => {
		expect(manifest.keywords).toContain('n8n-community-node-package');
		expect(manifest.license).toBe('MIT');
		expect(manifest.author).toEqual({
			name: expect.any(String),
			email: expect.stringContaining('@'),
		});
		expect(manifest.repository.url).toBe(`git+${manifest.homepage}.git`);
		for (const script of ['prepare', 'preinstall', 'install', 'postinstall'])
			expect(manifest.scripts).not.toHaveProperty(script);
	});

	it("passes n8n's own scan of community packages, sources and tarball", () => {
		expect(scan(installed)).toEqual({ status: 0, complaints: '' });
	});

	it('would not pass that scan if it read the environment, or were empty', () => {
		const suspect = join(folder, 'suspect');
		cpSync(installed, suspect, { recursive: true });
		writeFileSync(join(suspect, 'dist', 'reads.js'), 'module.exports = process.env.HOME;');
		expect(scan(suspect)).toEqual({
			status: 1,
			complaints: expect.stringContaining('no-restricted-globals'),
		});
		const empty = join(folder, 'empty');
		mkdirSync(empty);
		expect(scan(empty)).toEqual({
			status: 1,
			complaints: expect.stringContaining('No files found'),
		});
	});
});
