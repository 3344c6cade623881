import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the checkout with its output shown; gives its exit code. */
export function run(command, args, env = {}) {
	const { status } = spawnSync(command, args, {
		cwd: root,
		stdio: 'inherit',
		shell: process.platform === 'win32',
		env: { ...process.env, ...env },
	});
	return status ?? 1;
}

/** Installs this package's dependencies where they are missing or older than the lock file. */
export function ensureDependencies() {
	const [major] = process.versions.node.split('.').map(Number);
	if (major < 20) {
		console.error(`This needs Node 20 or newer, and is run with ${process.version}.`);
		process.exit(1);
	}
	const installed = join(root, 'node_modules', '.package-lock.json');
	const wanted = join(root, 'package-lock.json');
	if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;

	console.log('Installing the dependencies of this package (a minute or two, once) …');
	if (run('npm', ['ci', '--loglevel=error']) !== 0) {
		console.error(
			'The dependencies could not be installed. Check the network, and that the disk has 1 GB free.',
		);
		process.exit(1);
	}
}

/** Runs a TypeScript program of this checkout to its end; gives its exit code. */
export function runTypeScript(file, args = []) {
	return run(process.execPath, [
		join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'),
		file,
		...args,
	]);
}
