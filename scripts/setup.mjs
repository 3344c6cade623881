import { spawn, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a command in the checkout and shows its output; returns its exit code. */
export function run(command, args, env = {}) {
	const { status } = spawnSync(command, args, {
		cwd: root,
		stdio: 'inherit',
		shell: process.platform === 'win32' && command !== process.execPath,
		env: { ...process.env, ...env },
	});
	return status ?? 1;
}

/**
 * Installs this package's dependencies if they are missing or older than the lock file. Skips their
 * install scripts: none is needed here, and some fail on some versions of Node.
 */
export function ensureDependencies() {
	const [major] = process.versions.node.split('.').map(Number);
	if (major < 20) {
		console.error(`This needs Node 20 or newer; you have Node ${process.versions.node}.`);
		process.exit(1);
	}
	const installed = join(root, 'node_modules', '.package-lock.json');
	const wanted = join(root, 'package-lock.json');
	if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;

	console.error('Installing the dependencies of this package (a minute or two, once) …');
	if (run('npm', ['ci', '--ignore-scripts', '--loglevel=error']) !== 0) {
		console.error(
			'The dependencies could not be installed. Check the network, and that 1 GB of disk space is free.',
		);
		process.exit(1);
	}
}

/** Runs a program of an installed dependency, given by its path in node_modules; returns its exit code. */
export function runTool(path, args, env) {
	return run(process.execPath, [join(root, 'node_modules', path), ...args], env);
}

/** Runs a TypeScript program of this checkout to its end; returns its exit code. */
export function runTypeScript(file, args = []) {
	return runTool('tsx/dist/cli.mjs', [file, ...args]);
}

/** Starts a program of an installed dependency beside others; resolves to its exit code. */
export async function startTool(path, args) {
	const program = join(root, 'node_modules', path);
	const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: 'inherit' });
	return await new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}
