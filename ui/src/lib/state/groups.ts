/** The groups that there are: those that scenarios are open to, and one's own. */
import { api, ask } from '$lib/api/client';
import { session } from './session.svelte';

/** The groups by name, in the order in which the scenarios name them. Throws a `Problem`. */
export async function knownGroups(signal: AbortSignal): Promise<string[]> {
	const { items } = await ask(api.GET('/scenarios', { signal }));
	// A scenario that is open to more groups names the ones that may less, too: it sets the order.
	const widest = items.toSorted((a, b) => b.groups.length - a.groups.length);
	return [...new Set([...widest.flatMap((one) => one.groups), ...(session.me?.groups ?? [])])];
}
