import { lints } from './lint.mjs';
import { ensureDependencies, runTool, runTypeScript } from './setup.mjs';

const [name, ...args] = process.argv.slice(2);

/** The commands of package.json that run no tests; each returns an exit code, or a promise of one. */
const commands = {
	build: () => runTool('gulp/bin/gulp.js', ['--silent']),
	demo: () => runTypeScript('scripts/demo.ts'),
	dev: () => runTypeScript('scripts/demo.ts', ['--dev']),
	docs: () => runTypeScript('scripts/docs/write.ts', args),
	lint: async () => worst(await Promise.all(lints.map(async ({ check }) => await check()))),
	'lint:fix': () => worst(lints.map(({ fix }) => fix())),
	format: () => lints.find((lint) => lint.name === 'format').fix(),
	live: () => runTypeScript('scripts/live/main.ts', args),
	release: () => runTool('release-it/bin/release-it.js', args),
	screenshots: () => runTypeScript('scripts/screenshots.ts'),
	bench: () => runTypeScript('bench/main.ts', args),
	mutation: () => runTypeScript('scripts/mutation/main.ts', args),
};

function worst(codes) {
	return Math.max(...codes);
}

ensureDependencies();
process.exit(await commands[name]());
