import { api, ask } from '$lib/api/client';
import type { components } from '$lib/api/schema';
import { session } from './session.svelte';

export type Price = components['schemas']['Price'];

/** What costs something to whoever is here. Where nothing does, no page speaks of credits. */
class Credits {
	prices = $state.raw<readonly Price[]>([]);
	readonly matter = $derived(
		this.prices.length > 0 || (session.balance !== undefined && session.balance.balance !== 0)
	);

	/** Ask again, when somebody has come or an administrator has set a price. */
	async refresh(): Promise<void> {
		if (!session.me || !session.may('account')) return;
		try {
			this.prices = (await ask(api.GET('/prices'))).items;
		} catch {
			// Then nothing is said of prices in passing; a refusal still names them.
		}
	}
}

export const credits = new Credits();
