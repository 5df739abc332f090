import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
	{ ignores: ['.svelte-kit/', 'node_modules/', 'src/lib/api/schema.d.ts'] },
	...ts.configs.recommended,
	...svelte.configs.recommended,
	{ languageOptions: { globals: { ...globals.browser, ...globals.node } } },
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: { parserOptions: { extraFileExtensions: ['.svelte'], parser: ts.parser, svelteConfig } }
	},
	{
		rules: {
			'max-lines': ['error', 400],
			'no-undef': 'off', // the type checker knows better
			'svelte/no-at-html-tags': 'error', // a name from outside is never markup
			'svelte/no-navigation-without-resolve': 'off', // the UI is served from the root
			'svelte/prefer-svelte-reactivity': 'off' // plain maps are meant where they are used
		}
	}
);
