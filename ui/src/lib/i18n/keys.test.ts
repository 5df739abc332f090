import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import en from './en';

vi.hoisted(() => vi.stubGlobal('navigator', { languages: ['en'] }));

const SOURCES = join(import.meta.dirname, '../..');
const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
	.filter((name) => /\.(svelte|ts)$/.test(name) && !/lib\/(i18n\/(en|ru)|api\/schema)|\.test\.ts$/.test(name))
	.map((name) => readFileSync(join(SOURCES, name), 'utf8'))
	.join('\n');
const named = new Set(Array.from(sources.matchAll(/['"`]([\w-]+(?:\.[\w -]+)+)['"`]/g), ([, key]) => key));
// `run.event_${state}`, and the words of a group that `language.word` looks up.
const begun = [
	...Array.from(sources.matchAll(/[`]([\w-]+\.[\w.-]*)\$\{/g), ([, start]) => String(start)),
	...Array.from(sources.matchAll(/\.word\(\s*['"](\w+)['"]/g), ([, group]) => `${String(group)}.`)
];

it('has no text that no page shows', () => {
	const dead = Object.keys(en).filter(
		(key) => !named.has(key) && !begun.some((start) => key.startsWith(start))
	);
	expect(dead).toEqual([]);
});
