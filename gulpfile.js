'use strict';

const { copyFileSync, mkdirSync } = require('node:fs');
const { dirname, join } = require('node:path');

const { dest, parallel, src } = require('gulp');

/** Copies what the compiler leaves behind (icons and codex files) to the same place in dist. */
function assets() {
	const files = ['{nodes,credentials}/**/*.svg', 'nodes/**/*.node.json'];
	return src(files, { base: '.', encoding: false }).pipe(dest('dist'));
}

/** Which output each operation has; the trigger has no operation, so its schema is the version's own. */
const outputs = {
	run: ['image/edit', 'image/generate', 'run/get', 'run/getMany', ''],
	delivery: ['run/getCallbackDeliveries', 'run/redeliverCallback'],
};

/** Puts the output schemas where n8n's editor looks for them, to show the shape before the first run. */
async function schemas() {
	const folder = join('nodes', 'GptImage2', '__schema__');
	for (const [output, operations] of Object.entries(outputs)) {
		for (const operation of operations) {
			const target = `${join('dist', folder, 'v1.0.0', operation)}.json`.replace(
				/[\\/]\.json$/,
				'.json',
			);
			mkdirSync(dirname(target), { recursive: true });
			copyFileSync(join(folder, `${output}.json`), target);
		}
	}
}

exports.default = parallel(assets, schemas);
