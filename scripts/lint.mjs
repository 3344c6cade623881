import { runTool } from './setup.mjs';

const eslint = 'eslint/bin/eslint.js';
const prettier = 'prettier/bin/prettier.cjs';
const checkLinks = () => runTool('remark-cli/cli.js', ['.', '--quiet', '--frail']);

/**
 * What `npm run lint` checks and `npm run lint:fix` fixes; each `check` and `fix` returns an exit code. No
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
		check: () => runTool(eslint, args),
		fix: () => runTool(eslint, ['--fix', ...args]),
	})),
	{
		name: 'format',
		check: () => runTool(prettier, ['--check', '--log-level=warn', '.']),
		fix: () => runTool(prettier, ['--write', '--log-level=warn', '.']),
	},
	{ name: 'links', check: checkLinks, fix: checkLinks },
];
