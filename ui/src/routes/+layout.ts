import { language } from '$lib/i18n/index.svelte';
import { session } from '$lib/state/session.svelte';

export const ssr = false;
export const prerender = false;

let started: Promise<void> | undefined;

export async function load() {
	// The catalogue is fetched while the service says who is here.
	await (started ??= Promise.all([language.start(), session.start()]).then(() => undefined));
}
