'use strict';

const { spawn } = require('node:child_process');
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { dirname, join, parse } = require('node:path');

const esbuild = require('esbuild');
const { dest, parallel, series, src, watch } = require('gulp');

const manifest = require('./package.json');

const sources = ['credentials/**', 'nodes/**', 'runflow/**'];

/** Where the compiler leaves its modules, without comments, for the bundle. */
const compiled = 'build';

async function clean() {
	for (const folder of ['dist', compiled]) rmSync(folder, { recursive: true, force: true });
}

function compile() {
	const tsc = require.resolve('typescript/bin/tsc');
	return spawn(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
}

/**
 * Makes one file of all modules, which is a fifth smaller than the modules one by one and loads sooner, and is still
 * there to be read. Where n8n looks for a class stands a file that exports it from there.
 */
async function bundle() {
	const entries = [...manifest.n8n.credentials, ...manifest.n8n.nodes].map((file) => {
		const { dir, name } = parse(file);
		return { dir, name, className: name.split('.')[0] };
	});
	const contents = entries
		.map(({ dir, name }) => `export * from './${join(dir.replace('dist', compiled), name)}';`)
		.join('\n');
	await esbuild.build({
		stdin: { contents, resolveDir: __dirname },
		bundle: true,
		platform: 'node',
		target: 'node20',
		packages: 'external',
		outfile: 'dist/runflow.js',
	});
	for (const { dir, name, className } of entries) {
		mkdirSync(dir, { recursive: true });
		const up = '../'.repeat(dir.split('/').length - 1);
		const line = `exports.${className} = require('${up}runflow.js').${className};\n`;
		writeFileSync(join(dir, `${name}.js`), `'use strict';\n\n${line}`);
	}
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

const build = parallel(series(compile, bundle), assets, schemas);

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
