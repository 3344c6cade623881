import { runTool, startTool } from './setup.mjs';

const eslint = 'eslint/bin/eslint.js';
const prettier = 'prettier/bin/prettier.cjs';
const links = ['remark-cli/cli.js', ['.', '--quiet', '--frail']];

/**
 * What `npm run lint` checks and `npm run lint:fix` fixes; each `fix` returns an exit code, and each `check`, which
 * runs beside others, a promise of one. No
 * tool can mend a link, so that its `fix` is its `check`.
 */
export const lints = [
	...[
		['lint of what ships', ['nodes', 'credentials', 'runflow', 'package.json']],
		[
			'lint of the rest',
			['-c', 'eslint.tools.config.mjs', 'simulator', 'scripts', 'test', 'bench'],
		],
	].map(([name, args]) => ({
		name,
		check: async () => await startTool(eslint, args),
		fix: () => runTool(eslint, ['--fix', ...args]),
	})),
	{
		name: 'format',
		check: async () => await startTool(prettier, ['--check', '--log-level=warn', '.']),
		fix: () => runTool(prettier, ['--write', '--log-level=warn', '.']),
	},
	{ name: 'links', check: async () => await startTool(...links), fix: () => runTool(...links) },
];
