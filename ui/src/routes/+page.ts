import { api, ask } from '$lib/api/client';
import { fetchAhead } from '$lib/state/resource.svelte';

// The cards above everything else: the page is drawn with them, while it is being found out who is here.
export const load = () => fetchAhead('scenarios', 'all', () => ask(api.GET('/scenarios')));
