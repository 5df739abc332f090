// What a first page costs: everything that is fetched before it is used, from an empty cache, compressed with Brotli.
import { readFileSync, statSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIMIT_KB = 120;
const PAGES = { Home: '/', Models: '/models', Train: '/train/(list)' };
const ui = dirname(dirname(fileURLToPath(import.meta.url)));
const built = process.env.KOLBA_UI_OUT ?? join(ui, '../src/kolba/visualization/ui/built');
const kit = join(ui, '.svelte-kit');
const manifest = JSON.parse(readFileSync(join(kit, 'output/client/.vite/manifest.json'), 'utf8'));
// Which parts a page is made of stands here only: "/train/(list)": [36,[8]] is page 36 within layout 8.
const router = readFileSync(join(kit, 'generated/client-optimized/app.js'), 'utf8');
const size = (file) => statSync(join(built, `${file}.br`)).size;

/** The manifest's names that end so. Throws where there is none: then the build is another than this script knows. */
function named(ending) {
	const found = Object.keys(manifest).filter((name) => name.endsWith(ending));
	if (!found.length) throw new Error(`the build has no ${ending}`);
	return found;
}

/** The numbers of the parts of the page at this route, the frame of all pages (0) and the page of errors (1) with them. */
function parts(route) {
	const line = router.split('\n').find((one) => one.trim().startsWith(`${JSON.stringify(route)}:`));
	if (!line) throw new Error(`the build has no page ${route}`);
	return [0, 1, ...line.slice(line.indexOf(':')).match(/\d+/g).map(Number)];
}

function collect(name, files) {
	const one = manifest[name];
	if (!one || files.has(one.file)) return;
	files.add(one.file);
	for (const style of one.css ?? []) files.add(style);
	for (const next of one.imports ?? []) collect(next, files);
}

function firstLoad(route) {
	const files = new Set();
	const nodes = parts(route).flatMap((number) => named(`client-optimized/nodes/${number}.js`));
	// One language's catalogue is fetched at the start: the larger one is counted.
	const [catalogue] = ['en', 'ru']
		.flatMap((code) => named(`src/lib/i18n/${code}/index.ts`))
		.sort((a, b) => size(manifest[b].file) - size(manifest[a].file));
	const entries = [...named('runtime/client/entry.js'), ...named('client-optimized/app.js')];
	for (const name of [...entries, ...nodes, catalogue]) collect(name, files);
	return [...files, 'index.html'].map((file) => [size(file), file]).sort((a, b) => b[0] - a[0]);
}

const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(6);
for (const [page, route] of Object.entries(PAGES)) {
	const files = firstLoad(route);
	const total = files.reduce((sum, [bytes]) => sum + bytes, 0);
	console.log(
		`first load of ${page.padEnd(6)} ${kb(total)} kB in ${files.length} files (limit ${LIMIT_KB} kB)`
	);
	if (process.argv.includes('--list'))
		for (const [bytes, file] of files) console.log(`${kb(bytes)} kB  ${file}`);
	if (total > LIMIT_KB * 1000) process.exitCode = 1;
}
