import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import settings from '../../.release-it.json';
import manifest from '../../package.json';

const root = join(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const publish = read('.github', 'workflows', 'publish.yml');

/** The lines of a job of the workflow, without comments. */
function job(name: string): string {
	const [, rest = ''] = publish.split(`\n  ${name}:\n`);
	const [body = ''] = rest.split(/\n {2}\w+:\n/);
	return body.replace(/^\s*#.*$/gm, '');
}

describe('the release tool', () => {
	it('finds what is new in the changelog', () => {
		const changelog = read('CHANGELOG.md');
		expect(changelog.match(/^## \[Unreleased\]$/gm)).toHaveLength(1);
		const versions = changelog.match(/^## .*$/gm)?.slice(1) ?? [];
		expect(versions.filter((line) => !/^## \[\d+\.\d+\.\d+\]/.test(line))).toEqual([]);
	});

	it('tags what the workflow publishes, and publishes nothing itself', () => {
		expect(settings.git.tagName).toBe('v${version}');
		expect(publish).toContain("tags: ['v*']");
		expect(settings.npm.publish).toBe(false);
	});
});

describe('the image of queue mode', () => {
	/** The versions of the package that the files of a folder install. */
	const versionsIn = (folder: string) =>
		['Dockerfile', 'compose.yml', '.env.example'].flatMap((name) =>
			[
				...readFileSync(join(folder, name), 'utf8').matchAll(/RUNFLOW_VERSION(?:=|:-)([^}\n]*)/g),
			].map(([, version]) => version),
		);
	const deployed = join(root, 'deploy', 'queue-mode');

	it('has the version of the package, not whatever is the latest', () => {
		const { version } = manifest;
		expect(versionsIn(deployed)).toEqual([version, version, version]);
	});

	it('gets the version of a release with the release', () => {
		expect(settings.hooks['after:bump']).toBe('node scripts/pinVersion.mjs ${version}');
		const folder = mkdtempSync(join(tmpdir(), 'n8n-runflow-pin-'));
		cpSync(deployed, folder, { recursive: true });
		execFileSync(process.execPath, [join(root, 'scripts', 'pinVersion.mjs'), '1.2.3-rc.1', folder]);
		expect(versionsIn(folder)).toEqual(['1.2.3-rc.1', '1.2.3-rc.1', '1.2.3-rc.1']);
		rmSync(folder, { recursive: true });
	});
});

describe('every workflow', () => {
	const names = readdirSync(join(root, '.github', 'workflows'));

	it.each(names)('pins the actions of %s, which a tag that is moved would replace', (name) => {
		const uses = read('.github', 'workflows', name).match(/uses: .*/g) ?? [];
		expect(uses.length).toBeGreaterThan(1);
		const pinned = /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;
		expect(uses.filter((line) => !pinned.test(line))).toEqual([]);
	});
});

describe('publishing', () => {
	it('waits for all tests', () => {
		expect(job('test')).toContain('bash .ci/run');
		expect(job('publish')).toMatch(/needs: test\n/);
	});

	it("may ask for GitHub's identity, which npm trusts and the provenance is signed with, and for nothing else", () => {
		expect(job('publish')).toMatch(/permissions:\s+contents: read\s+id-token: write\s+steps:/);
		expect(job('test')).not.toContain('id-token');
	});

	it('knows no secret', () => {
		expect(publish).not.toMatch(/secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN/);
	});

	it('refuses a tag that is not the version', () => {
		const [, check = ''] = /The tag is the version.*\n\s+run: (.*)/.exec(job('publish')) ?? [];
		const exitCode = (tag: string) =>
			spawnSync('bash', ['-c', check], { cwd: root, env: { ...process.env, GITHUB_REF_NAME: tag } })
				.status;
		expect(exitCode(`v${manifest.version}`)).toBe(0);
		expect([exitCode('v0.0.0'), exitCode(manifest.version), exitCode('')]).toEqual([1, 1, 1]);
	});

	it('is refused to whoever tries it by hand', () => {
		const { status, stdout } = spawnSync('npm', ['run', '-s', 'prepublishOnly'], { cwd: root });
		expect([status, stdout.toString().trim()]).toEqual([
			1,
			'Run `npm run release` to publish the package',
		]);
	});
});
