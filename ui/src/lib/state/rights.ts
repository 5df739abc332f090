/** What the reader may do with a thing, and with a page. The services decide; here it is only not offered. */
import { session } from './session.svelte';

/** Whether they may change, share or delete something of this owner. */
export function mayChange(owner: string, right: 'change' | 'delete' = 'change'): boolean {
	const me = session.me;
	if (!me) return false;
	return session.may(right) && (me.name === owner || me.groups.includes('admin'));
}

/** The right that a page needs, by how its address begins; the longest beginning counts. */
const NEEDED: readonly (readonly [string, string])[] = [
	['/train/runs', 'read'],
	['/train', 'train-model'],
	['/data/upload', 'upload'],
	['/try/batch', 'predict-batch'],
	['/try', 'predict'],
	['/digits', 'predict'],
	['/account', 'account'],
	['/people/prices', 'prices'],
	['/people/audit', 'audit'],
	['/people', 'people'],
	['/history', 'history']
];

export function isClosed(path: string): boolean {
	const needed = NEEDED.find(([start]) => path === start || path.startsWith(`${start}/`));
	return needed !== undefined && !session.may(needed[1]);
}
