import { untrack } from 'svelte';
import { isAbort, Problem } from '$lib/api/problem';
import { language } from '$lib/i18n/index.svelte';

const kept = new Map<string, unknown>();
const KEPT_AT_MOST = 200;
/** The names of what was fetched before the page that shows it, which need not be asked for again at once. */
const ahead = new Set<string>();
const PATIENCE_MS = 600;

interface Options<Key, Data> {
	/** What the answer is kept under, so that coming back to a page shows it at once. */
	name?: string;
	/** How long until it is asked for again, in milliseconds; undefined: not by itself. */
	every?: (data: Data | undefined, key: Key) => number | undefined;
}

/** What a component needs of a resource to show it. */
export interface Shown<Data> {
	readonly data: Data | undefined;
	readonly error: Problem | undefined;
	reload(): Promise<void>;
}

/** Something that is asked for: what came, what went wrong, whether it is still on its way. */
export class Resource<Key, Data> {
	data = $state.raw<Data | undefined>(undefined);
	error = $state.raw<Problem | undefined>(undefined);
	loading = $state(false);
	readonly #fetch: (key: Key, signal: AbortSignal) => Promise<Data>;
	readonly #options: Options<Key, Data>;
	#key: Key | undefined;
	#running: AbortController | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(fetch: (key: Key, signal: AbortSignal) => Promise<Data>, options: Options<Key, Data>) {
		this.#fetch = fetch;
		this.#options = options;
	}

	/** Ask for `key`; what is kept of it is shown meanwhile. */
	show(key: Key): void {
		const name = this.#name(key);
		if (name !== undefined && kept.has(name)) this.data = kept.get(name) as Data;
		this.#key = key;
		if (name !== undefined && ahead.delete(name)) this.#again(key);
		else void this.reload();
	}

	/** Ask again. What was there stays until the answer comes. */
	async reload(): Promise<void> {
		if (this.#key === undefined) return;
		const key = this.#key;
		this.stop();
		const running = (this.#running = new AbortController());
		this.loading = true;
		try {
			const data = await this.#fetch(key, running.signal);
			if (running.signal.aborted) return;
			this.#keep(key, data);
			this.data = data;
			this.error = undefined;
		} catch (error) {
			if (running.signal.aborted || isAbort(error)) return;
			this.error = Problem.from(error);
		}
		this.loading = false;
		this.#again(key);
	}

	/** Change what is shown before the service has been asked again. */
	set(data: Data): void {
		this.data = data;
		if (this.#key !== undefined) this.#keep(this.#key, data);
	}

	stop(): void {
		clearTimeout(this.#timer);
		this.#running?.abort();
	}

	/** Ask no more, and forget what came: it is nobody's any longer. */
	clear(): void {
		this.stop();
		this.#key = this.data = this.error = undefined;
		this.loading = false;
	}

	#again(key: Key): void {
		const wait = this.#options.every?.(this.data, key);
		if (wait === undefined) return;
		this.#timer = setTimeout(() => {
			if (document.hidden) this.#again(key);
			else void this.reload();
		}, wait);
	}

	#name(key: Key): string | undefined {
		return this.#options.name === undefined ? undefined : nameOf(this.#options.name, key);
	}

	#keep(key: Key, data: Data): void {
		const name = this.#name(key);
		if (name !== undefined) keep(name, data);
	}
}

function nameOf(name: string, key: unknown): string {
	return `${language.code}:${name}:${JSON.stringify(key)}`;
}

function keep(name: string, data: unknown): void {
	kept.delete(name);
	kept.set(name, data);
	if (kept.size > KEPT_AT_MOST) kept.delete(kept.keys().next().value as string);
}

/**
 * For a page's `load`: fetches what a resource of this name and key will show, so that the page is drawn with it
 * and nothing jumps. It waits a little, not long, and not at all for what is kept; what fails is the resource's to tell.
 */
export async function fetchAhead<Key>(name: string, key: Key, fetch: () => Promise<unknown>): Promise<void> {
	const full = nameOf(name, key);
	if (kept.has(full)) return;
	const fetched = fetch().then(
		(data) => (keep(full, data), true),
		() => false
	);
	const late = new Promise<boolean>((done) => setTimeout(() => done(false), PATIENCE_MS));
	if (await Promise.race([fetched, late])) ahead.add(full);
}

/**
 * A resource of the component that calls this: asked for when `key` changes, left when the component goes. An
 * undefined key asks for nothing. In another language it is asked for again: the services, too, speak the reader's.
 */
export function resource<Key, Data>(
	key: () => Key | undefined,
	fetch: (key: Key, signal: AbortSignal) => Promise<Data>,
	options: Options<Key, Data> = {}
): Resource<Key, Data> {
	const made = new Resource(fetch, options);
	$effect(() => {
		const wanted = key();
		if (wanted !== undefined && language.code) untrack(() => made.show(wanted));
		return () => made.stop();
	});
	return made;
}

/** Forget everything that is kept: another person has signed in. */
export function forgetAll(): void {
	kept.clear();
	ahead.clear();
}
