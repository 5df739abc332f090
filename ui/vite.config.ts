import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

const service = process.env.KOLBA_UI_SERVICE ?? 'http://127.0.0.1:8050';

// What most pages use comes in one file: over HTTP/1.1 each of fifty small ones would wait for its turn. What opens only
// on a press (dialogs, menus) stays in files of its own.
const EVERYWHERE =
	/node_modules\/(svelte|@sveltejs\/kit|openapi-fetch|devalue|clsx|@lucide)\/|src\/lib\/(api|state|i18n\/(index|format)|components\/ui)\b/;
const LATER = /components\/ui\/(Dialog|Menu|Confirm)\b/;
const common = {
	name: 'common',
	test: (id: string) => EVERYWHERE.test(id) && !LATER.test(id),
	minShareCount: 3
};

export default defineConfig({
	plugins: [tailwindcss(), sveltekit()],
	build: { target: 'es2022', modulePreload: { polyfill: false }, reportCompressedSize: false },
	environments: {
		client: { build: { rolldownOptions: { output: { codeSplitting: { groups: [common] } } } } }
	},
	server: { proxy: { '/api': { target: service, changeOrigin: true } } }
});
