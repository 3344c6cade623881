import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const root = join(__dirname, '..', '..');
const config = join('scripts', 'mutation', 'jest.config.cjs');

/** A copy of the checkout in which tests run on a changed file. */
export class Sandbox {
	readonly folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-mutation-'));

	constructor(private readonly limitMs: number) {
		const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root });
		for (const file of String(listed).trim().split('\n')) {
			cpSync(join(root, file), join(this.folder, file));
		}
		symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'), 'junction');
	}

	/** The test that notices the change of a file, twice, since a busy machine fails some once; null where none does in time. */
	async killerOf(file: string, engineFirst: string[]): Promise<string | null> {
		const failed = (await this.unit(file)) ?? (await this.jest('engine', [], engineFirst));
		if (failed === null) return null;
		const [path = ''] = failed.split(': ');
		const project = path.startsWith('test/unit') ? 'unit' : 'engine';
		return await this.jest(project, ['--runTestsByPath', path]);
	}

	/** Removes the copy. */
	close(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}

	/** Runs the unit tests that import a file, or have its name; returns what failed first, or null. */
	private async unit(file: string): Promise<string | null> {
		const tests = join(this.folder, 'test', 'unit');
		const name = basename(file, '.ts');
		const isAbout = (path: string) =>
			basename(path) === `${name}.test.ts` || readFileSync(path, 'utf8').includes(`/${name}'`);
		const paths = readdirSync(tests, { recursive: true, encoding: 'utf8' })
			.map((path) => join(tests, path))
			.filter((path) => path.endsWith('.test.ts') && isAbout(path));
		return paths.length === 0 ? null : await this.jest('unit', ['--runTestsByPath', ...paths]);
	}

	private async jest(
		project: string,
		options: string[],
		first: string[] = [],
	): Promise<string | null> {
		const args = ['--config', config, '--selectProjects', project, '-i', '--silent', ...options];
		const TEST_ORDER = first.map((name) => `/${name}.test.ts`).join();
		const settings = {
			cwd: this.folder,
			env: { ...process.env, TEST_ORDER },
			timeout: this.limitMs,
			maxBuffer: 2 ** 26,
		};
		return await new Promise((resolve) => {
			const jest = ['node_modules/jest/bin/jest.js', ...args];
			execFile(process.execPath, jest, settings, (error, out) => {
				const passed = error === null || error.killed === true;
				resolve(passed ? null : (/^failed: (.*)/m.exec(out)?.[1] ?? 'a file that does not load'));
			});
		});
	}
}
