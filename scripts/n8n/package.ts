import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/**
 * Builds and packs the package as it would be published; returns the path of the tarball, which is kept
 * until this process ends. Throws if it can't be built.
 */
export function packPackage(): string {
	const folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-pack-'));
	process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
	const args = ['pack', '--ignore-scripts=false', '--loglevel=error', '--pack-destination', folder];
	const { status, stdout, stderr } = spawnSync('npm', args, {
		cwd: root,
		encoding: 'utf8',
		shell: process.platform === 'win32',
	});
	if (status !== 0) throw new Error(`The package could not be built.\n${stdout}${stderr}`);
	const [tarball = ''] = readdirSync(folder);
	return join(folder, tarball);
}
