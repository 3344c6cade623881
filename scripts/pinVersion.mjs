import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './setup.mjs';

const [version, folder = join(root, 'deploy', 'queue-mode')] = process.argv.slice(2);

/** Writes the version of a release into what installs the package in queue mode. */
for (const name of ['Dockerfile', 'compose.yml', '.env.example']) {
	const path = join(folder, name);
	const text = readFileSync(path, 'utf8');
	writeFileSync(path, text.replace(/(RUNFLOW_VERSION(?:=|:-))[\w.+-]+/g, `$1${version}`));
}
