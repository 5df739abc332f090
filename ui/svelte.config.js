import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

const built = process.env.KOLBA_UI_OUT ?? '../src/kolba/visualization/ui/built';

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	compilerOptions: { runes: ({ filename }) => (filename.includes('node_modules') ? undefined : true) },
	kit: {
		// One page for every address; the service answers it wherever no file lies.
		adapter: adapter({ pages: built, assets: built, fallback: 'index.html', precompress: true }),
		paths: { relative: false },
		// The service writes the policy as a header, with the hash of the one script in the page.
		alias: { $ui: 'src/lib/components/ui', $charts: 'src/lib/components/charts' },
		output: { bundleStrategy: 'split' },
		// A page that is older than the build it asks for its parts is loaded anew.
		// The build reads this file in several processes, and the page breaks unless all have one name.
		version: { name: (process.env.KOLBA_UI_VERSION ??= String(Date.now())) }
	}
};
