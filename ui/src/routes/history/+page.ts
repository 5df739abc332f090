import { api, ask } from '$lib/api/client';
import { fetchAhead } from '$lib/state/resource.svelte';

// What the scenarios are called stands in the filter and in each row: wide columns would become wider.
export const load = () => fetchAhead('scenarios', 'all', () => ask(api.GET('/scenarios')));
