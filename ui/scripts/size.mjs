// What the first page costs: everything that the home page fetches before it is used, compressed with Brotli.
import { readFileSync, statSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMIT_KB = 120;
const ui = dirname(dirname(fileURLToPath(import.meta.url)));
const built = process.env.KOLBA_UI_OUT ?? join(ui, '../src/kolba/visualization/ui/built');
const manifest = JSON.parse(readFileSync(join(ui, '.svelte-kit/output/client/.vite/manifest.json'), 'utf8'));

const entries = Object.keys(manifest).filter(
	(name) =>
		/generated\/client-optimized\/(app|nodes\/[012])\.js$/.test(name) ||
		/runtime\/client\/entry\.js$/.test(name)
);
const files = new Set();
function collect(name) {
	const one = manifest[name];
	if (!one || files.has(one.file)) return;
	files.add(one.file);
	for (const style of one.css ?? []) files.add(style);
	for (const next of one.imports ?? []) collect(next);
}
entries.forEach(collect);
// One language's catalogue is fetched at the start: the larger one is counted.
const catalogues = Object.keys(manifest).filter((name) => /src\/lib\/i18n\/(en|ru)\/index\.ts$/.test(name));
const size = (file) => statSync(join(built, `${file}.br`)).size;
const larger = catalogues.sort((a, b) => size(manifest[b].file) - size(manifest[a].file))[0];
if (larger) collect(larger);

let total = statSync(join(built, 'index.html.br')).size;
const lines = [...files].map((file) => [size(file), file]).sort((a, b) => b[0] - a[0]);
for (const [bytes] of lines) total += bytes;
const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(7);
if (process.argv.includes('--list'))
	for (const [bytes, file] of lines) console.log(`${kb(bytes)} kB  ${file}`);
console.log(`first load: ${kb(total).trim()} kB in ${lines.length + 1} files (limit ${LIMIT_KB} kB)`);
if (entries.length < 4) throw new Error(`the build's entries were not found: ${entries}`);
if (total > LIMIT_KB * 1000) process.exit(1);
