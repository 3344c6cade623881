import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import manifest from '../../package.json';

/** What n8n and its users load from the package: its nodes, its credentials and its entry. */
export const entries = [...manifest.n8n.nodes, ...manifest.n8n.credentials, 'index.js'];

/** Unpacks a tarball of the package into a folder's node_modules, as npm does, and returns where it lies. */
export function unpack(tarball: string, folder: string): string {
	const installed = join(folder, 'node_modules', manifest.name);
	mkdirSync(installed, { recursive: true });
	execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
	return installed;
}
