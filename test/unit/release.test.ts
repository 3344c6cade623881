import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import settings from '../../.release-it.json';
import manifest from '../../package.json';

const read = (...path: string[]) => readFileSync(join(__dirname, '..', '..', ...path), 'utf8');
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

	it("goes through n8n's own tool, in the workflow only", () => {
		expect(job('publish')).toContain('npx n8n-node release');
		expect(manifest.scripts.prepublishOnly).toBe('n8n-node prerelease');
	});

	it('checks that the tag is the version', () => {
		expect(job('publish')).toContain('test "$GITHUB_REF_NAME" = "v$(node -p');
	});
});
