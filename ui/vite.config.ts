import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

const service = process.env.KOLBA_UI_SERVICE ?? 'http://127.0.0.1:8050';

export default defineConfig({
	plugins: [tailwindcss(), sveltekit()],
	build: { target: 'es2022', modulePreload: { polyfill: false }, reportCompressedSize: false },
	server: { proxy: { '/api': { target: service, changeOrigin: true } } }
});
