import { goto } from '$app/navigation';
import { api, ask, onSignedOut, setCsrf } from '$lib/api/client';
import { Problem } from '$lib/api/problem';
import type { components } from '$lib/api/schema';
import { forgetAll, Resource } from './resource.svelte';

export type Me = components['schemas']['Me'];
export type Balance = components['schemas']['Balance'];
const SIGN_IN = '/sign-in';
/** How old what is known of credits may become. */
export const CREDITS_MS = 30_000;
const AGAIN_MS = 3000;

/** Who is here, what they may do, and what they have. */
class Session {
	me = $state.raw<Me>();
	/** Whether it is known who is here; until then no page asks for anything. */
	known = $state(false);
	/** Their credits; asked for as long as `credits.watch` lasts. */
	readonly purse = new Resource<string, Balance>((_, signal) => ask(api.GET('/balance', { signal })), {
		every: () => CREDITS_MS
	});
	readonly isLocal = $derived(this.me?.via === 'local');
	/** Others have seen the password: until another is chosen, nothing else is answered. */
	readonly mustChoose = $derived(this.me?.must_change_password === true);

	constructor() {
		onSignedOut(() => this.#leave());
	}

	/** Once, before the first page. */
	async start(): Promise<void> {
		try {
			this.me = await ask(api.GET('/me'));
			if (this.me.via === 'session') setCsrf((await ask(api.GET('/auth/session'))).csrf_token);
		} catch (error) {
			if (Problem.from(error).status === 401) this.#leave();
			// A service that does not answer is said so by every page; here it is only asked again.
			else setTimeout(() => void this.start(), AGAIN_MS);
		}
		this.known = true;
	}

	/** Throws a `Problem`. */
	async signIn(name: string, password: string): Promise<void> {
		const made = await ask(api.POST('/auth/session', { body: { name, password } }));
		setCsrf(made.csrf_token);
		forgetAll();
		this.me = await ask(api.GET('/me'));
	}

	/** What is known of whoever is here, anew. Throws a `Problem`. */
	async refresh(): Promise<void> {
		this.me = await ask(api.GET('/me'));
	}

	async signOut(): Promise<void> {
		await ask(api.DELETE('/auth/session', { parseAs: 'text' }));
		this.me = undefined;
		setCsrf(null);
		forgetAll();
		await goto(SIGN_IN);
	}

	may(right: string): boolean {
		return this.me === undefined || this.me.may.includes(right);
	}

	/** Once it is known; undefined also where it could not be asked for, and then `purse.error` says why. */
	get balance(): Balance | undefined {
		return this.purse.data;
	}

	/** Ask for it again, when something has been paid for. */
	refreshBalance(): Promise<void> {
		return this.purse.reload();
	}

	#leave(): void {
		this.me = undefined;
		const here = location.pathname + location.search;
		if (location.pathname !== SIGN_IN) void goto(`${SIGN_IN}?next=${encodeURIComponent(here)}`);
	}
}

export const session = new Session();

/** Where to go after signing in: only ever a page of this UI. */
export function safeNext(given: string | null): string {
	return given && /^\/(?![/\\])/.test(given) && !given.startsWith(SIGN_IN) ? given : '/';
}
