import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import manifest from '../../package.json';
import { packPackage } from '../../scripts/n8n/package';
import { entries, unpack } from './unpack';

jest.setTimeout(120_000);

const root = join(__dirname, '..', '..');

let folder: string;
let n8n: string;

/**
 * n8n's Docker image keeps n8n apart from the community packages, and nothing is hoisted: beside n8n lie only its
 * own dependencies, as links into a store that holds everybody else's as well.
 */
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-docker-'));
	n8n = join(folder, 'app', 'n8n');
	for (const name of ['n8n-workflow', 'zod', 'nock']) store(name);
	for (const name of ['n8n-workflow', 'zod']) link(stored(name), join(n8n, 'node_modules', name));
	unpack(packPackage(), join(folder, 'user', '.n8n', 'nodes'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const stored = (name: string) =>
	join(n8n, 'node_modules', '.pnpm', `${name}@1.0.0`, 'node_modules', name);
const store = (name: string) => link(join(root, 'node_modules', name), stored(name));

function link(target: string, path: string): void {
	mkdirSync(dirname(path), { recursive: true });
	symlinkSync(target, path, 'junction');
}

/** Runs a script as n8n's loader, which offers its own dependencies to all that it loads. */
function load(script: string): string {
	const loader = join(n8n, 'dist', 'loader.js');
	mkdirSync(dirname(loader), { recursive: true });
	const offered = `process.env.NODE_PATH = module.paths.join(require('node:path').delimiter);
		module.constructor._initPaths();`;
	writeFileSync(loader, `${offered}\n${script}`);
	return execFileSync(process.execPath, [loader], { encoding: 'utf8', stdio: 'pipe' });
}

/** A script that requires something as the installed package would. */
const requireFromPackage = (request: string) => `
	const { createRequire } = require('node:module');
	const from = ${JSON.stringify(join(folder, 'user', '.n8n', 'nodes', 'node_modules', manifest.name, 'index.js'))};
	console.log(Object.keys(createRequire(from)(${JSON.stringify(request)})).join());`;

describe("in a layout like that of n8n's Docker image", () => {
	it.each(entries)('loads %s', (entry) => {
		expect(load(requireFromPackage(`./${entry}`)).trim()).not.toBe('');
	});

	it('would not load what only another package of n8n depends on', () => {
		expect(() => load(requireFromPackage('nock'))).toThrow("Cannot find module 'nock'");
	});
});
