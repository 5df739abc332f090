import { goto } from '$app/navigation';
import { api, ask, onSignedOut, setCsrf } from '$lib/api/client';
import { Problem } from '$lib/api/problem';
import type { components } from '$lib/api/schema';
import { forgetAll } from './resource.svelte';

export type Me = components['schemas']['Me'];
type Balance = components['schemas']['Balance'];
const SIGN_IN = '/sign-in';
const BALANCE_MS = 30_000;
const AGAIN_MS = 3000;

/** Who is here, what they may do, and what they have. */
class Session {
	me = $state.raw<Me>();
	balance = $state.raw<Balance>();
	/** Whether it is known who is here; until then no page asks for anything. */
	known = $state(false);
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
			void this.#watchBalance();
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
		void this.refreshBalance();
	}

	/** What is known of whoever is here, anew. Throws a `Problem`. */
	async refresh(): Promise<void> {
		this.me = await ask(api.GET('/me'));
		void this.refreshBalance();
	}

	async signOut(): Promise<void> {
		await ask(api.DELETE('/auth/session', { parseAs: 'text' }));
		this.me = this.balance = undefined;
		setCsrf(null);
		forgetAll();
		await goto(SIGN_IN);
	}

	may(right: string): boolean {
		return this.me === undefined || this.me.may.includes(right);
	}

	async refreshBalance(): Promise<void> {
		if (!this.me || !this.may('account')) return;
		try {
			this.balance = await ask(api.GET('/balance'));
		} catch {
			// Without it the bar shows none; the account page says why.
		}
	}

	async #watchBalance(): Promise<void> {
		if (!document.hidden) await this.refreshBalance();
		setTimeout(() => void this.#watchBalance(), BALANCE_MS);
	}

	#leave(): void {
		this.me = this.balance = undefined;
		const here = location.pathname + location.search;
		if (location.pathname !== SIGN_IN) void goto(`${SIGN_IN}?next=${encodeURIComponent(here)}`);
	}
}

export const session = new Session();

/** Where to go after signing in: only ever a page of this UI. */
export function safeNext(given: string | null): string {
	return given && /^\/(?![/\\])/.test(given) && !given.startsWith(SIGN_IN) ? given : '/';
}
