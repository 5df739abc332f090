import { goto } from '$app/navigation';
import { palette } from '$lib/state/palette.svelte';
import { LOWER_PLACES, PLACES } from './pages';

const SECOND_KEY_MS = 1200;
let waitsUntil = 0;

/** Ctrl/Cmd-K and `/` open the palette; `g` and a page's key go there. */
export function onKey(event: KeyboardEvent): void {
	if (location.pathname === '/sign-in') return;
	if ((event.ctrlKey || event.metaKey) && event.code === 'KeyK') {
		event.preventDefault();
		palette.toggle();
		return;
	}
	if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
	const key = letter(event);
	if (key === '/') {
		event.preventDefault();
		palette.show();
	} else if (Date.now() < waitsUntil) {
		waitsUntil = 0;
		const place = [...PLACES, ...LOWER_PLACES].find((one) => one.key === key);
		if (place) void goto(place.href);
	} else if (key === 'g') {
		waitsUntil = Date.now() + SECOND_KEY_MS;
	}
}

/** By the key's place where the layout is not Latin, so that it works in Russian, too. */
function letter(event: KeyboardEvent): string {
	if (event.key === '/' || /^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
	return event.code.startsWith('Key') ? event.code.slice(3).toLowerCase() : event.key;
}

function isTyping(target: EventTarget | null): boolean {
	return (
		target instanceof HTMLElement &&
		(target.isContentEditable || target.closest('input, textarea, select, [role=dialog]') !== null)
	);
}
