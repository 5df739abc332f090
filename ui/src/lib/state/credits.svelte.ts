import { untrack } from 'svelte';
import { api, ask } from '$lib/api/client';
import type { components } from '$lib/api/schema';
import { Resource } from './resource.svelte';
import { CREDITS_MS, session } from './session.svelte';

export type Price = components['schemas']['Price'];

/** What costs something to whoever is here. Where nothing does, no page speaks of credits. */
class Credits {
	readonly list = new Resource<string, { items: Price[] }>(
		(_, signal) => ask(api.GET('/prices', { signal })),
		{ every: () => CREDITS_MS }
	);
	readonly prices: readonly Price[] = $derived(this.list.data?.items ?? []);
	/** Until then something that is not among the prices may cost something all the same. Who may not ask learns of
	 * a price by a refusal. */
	readonly known = $derived(this.list.data !== undefined || !session.may('account'));
	readonly matter = $derived(
		this.prices.length > 0 || (session.balance !== undefined && session.balance.balance !== 0)
	);
	readonly #who = $derived(session.me && session.may('account') ? session.me.name : undefined);

	/** For an effect: as long as it lasts, prices and the balance of whoever is here are asked for again and again. */
	watch(): (() => void) | undefined {
		const who = this.#who;
		if (who === undefined) return;
		const watched = [this.list, session.purse] as const;
		const reload = () => document.hidden || watched.forEach((one) => void one.reload());
		untrack(() => watched.forEach((one) => one.show(who)));
		document.addEventListener('visibilitychange', reload);
		return () => {
			document.removeEventListener('visibilitychange', reload);
			watched.forEach((one) => one.clear());
		};
	}

	/** Ask again, when an administrator has set a price. */
	refresh(): Promise<void> {
		return this.list.reload();
	}
}

export const credits = new Credits();
