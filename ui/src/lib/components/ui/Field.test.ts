import { createRawSnippet } from 'svelte';
import { render } from 'svelte/server';
import { expect, it, vi } from 'vitest';
import Field from './Field.svelte';

// The catalogue of texts looks at the browser's languages when it is first imported.
vi.hoisted(() => vi.stubGlobal('navigator', { languages: ['en'] }));

/** What a field gives its control to spread, and what is drawn. */
function draw(props: { help?: string; error?: string }) {
	let given: Record<string, unknown> = {};
	const control = createRawSnippet<[object]>((own) => {
		given = { ...own() };
		return { render: () => `<input id="${String(given.id)}">` };
	});
	const html = render(Field, { props: { label: 'Name', control, ...props } }).body;
	return { given, html };
}

it('ties its control to its label', () => {
	const { given, html } = draw({});
	expect(html).toContain(`<label for="${String(given.id)}"`);
	expect(given['aria-describedby']).toBeUndefined();
	expect(given['aria-invalid']).toBeUndefined();
});

it('ties its control to its error, which stands in the place of the help', () => {
	const { given, html } = draw({ help: 'any', error: 'taken' });
	expect(given['aria-invalid']).toBe(true);
	expect(html).toMatch(new RegExp(`<p id="${String(given['aria-describedby'])}"[^>]*>taken</p>`));
	expect(html).not.toContain('any');
});
