import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const windows = process.platform === 'win32';

/** Builds the package into `dist`, from nothing. */
export function buildPackage(): void {
	rmSync(join(root, 'dist'), { recursive: true, force: true });
	for (const [script, ...args] of [
		['typescript/bin/tsc', '-p', 'tsconfig.build.json'],
		['gulp/bin/gulp.js', '--silent'],
	]) {
		execFileSync(process.execPath, [join(root, 'node_modules', script ?? ''), ...args], {
			cwd: root,
			stdio: ['ignore', 'inherit', 'inherit'],
		});
	}
}

/** Builds and packs the package as it would be published; gives the tarball's path. */
export function packPackage(): string {
	buildPackage();
	const folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-pack-'));
	const printed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
		cwd: root,
		encoding: 'utf8',
		shell: windows,
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const [{ filename }] = JSON.parse(printed) as [{ filename: string }];
	return join(folder, filename);
}
