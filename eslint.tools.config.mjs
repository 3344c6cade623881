import js from '@eslint/js';
import typescript from 'typescript-eslint';

// What doesn't ship: the strict config of community packages forbids what tests and tools are made of.
export default typescript.config(
	{
		files: ['**/*.ts'],
		extends: [js.configs.recommended, typescript.configs.recommended],
		rules: { 'no-undef': 'off' },
	},
	{ files: ['**/*.mjs'], extends: [js.configs.recommended], rules: { 'no-undef': 'off' } },
);
