/** What a page's tabs share: the thing that their layout has fetched. */
import { getContext, setContext } from 'svelte';
import type { Alias, Dataset, ModelDetail } from '$lib/api/types';

export function setShownDataset(get: () => Dataset | undefined): void {
	setContext('dataset', get);
}
export function shownDataset(): () => Dataset {
	return getContext('dataset');
}

export interface ShownModel {
	model: ModelDetail;
	aliases: readonly Alias[];
}
/** `reload` asks for it again, after a change. */
export function setShownModel(get: () => ShownModel | undefined, reload: () => Promise<void>): void {
	setContext('model', { get, reload });
}
export function shownModel(): { get: () => ShownModel; reload: () => Promise<void> } {
	return getContext('model');
}
