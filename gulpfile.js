'use strict';

const { spawn } = require('node:child_process');
const { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');

const { dest, parallel, series, src, watch } = require('gulp');

const sources = ['credentials/**', 'nodes/**', 'runflow/**'];

async function clean() {
	rmSync('dist', { recursive: true, force: true });
}

function compile() {
	const tsc = require.resolve('typescript/bin/tsc');
	return spawn(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
}

/** Copies what the compiler leaves behind (icons and codex files) to the same place in dist. */
function assets() {
	const files = ['{nodes,credentials}/**/*.svg', 'nodes/**/*.node.json'];
	return src(files, { base: '.', encoding: false }).pipe(dest('dist'));
}

/** Which output each operation has; the trigger has no operation, so its schema is the version's own. */
const outputs = {
	run: ['image/edit', 'image/generate', 'run/get', 'run/getMany', ''],
	delivery: ['run/getCallbackDeliveries', 'run/redeliverCallback', 'run/redeliverMissed'],
};

/** The version of the node and its trigger, as n8n writes it in the paths of schemas. */
const version = 'v1.1.0';

/** Copies the output schemas to where n8n's editor looks for them, to show the shape before the first run. */
async function schemas() {
	const folder = join('nodes', 'GptImage2', '__schema__');
	for (const [output, operations] of Object.entries(outputs)) {
		for (const name of operations) {
			const target = `${join('dist', folder, version, name)}.json`.replace(/[\\/]\.json$/, '.json');
			mkdirSync(dirname(target), { recursive: true });
			const schema = JSON.parse(readFileSync(join(folder, `${output}.json`), 'utf8'));
			writeFileSync(target, JSON.stringify(schema));
		}
	}
}

/** Leaves the indentation out: with it the package is two kilobytes larger. No text in the sources goes over a line. */
async function compact() {
	for (const name of readdirSync('dist', { recursive: true })) {
		if (!name.endsWith('.js')) continue;
		const file = join('dist', name);
		writeFileSync(file, readFileSync(file, 'utf8').replace(/^ +/gm, ''));
	}
}

const build = parallel(series(compile, compact), assets, schemas);

/** Copies dist over the package of a running n8n, whose folder is in RUNFLOW_DEV_FOLDER. */
function install() {
	return src('dist/**', { encoding: false }).pipe(
		dest(join(process.env.RUNFLOW_DEV_FOLDER, 'dist')),
	);
}

/** For `npm run dev`: on every change builds and installs; n8n misses changes in folders that were deleted. */
function watchSources() {
	watch(sources, { delay: 100 }, series(build, install));
}

exports.default = series(clean, build);
exports.watch = watchSources;
