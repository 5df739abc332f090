import Activity from '@lucide/svelte/icons/activity';
import Boxes from '@lucide/svelte/icons/boxes';
import Database from '@lucide/svelte/icons/database';
import FlaskConical from '@lucide/svelte/icons/flask-conical';
import History from '@lucide/svelte/icons/history';
import House from '@lucide/svelte/icons/house';
import PenLine from '@lucide/svelte/icons/pen-line';
import Sparkles from '@lucide/svelte/icons/sparkles';
import Users from '@lucide/svelte/icons/users';
import type { Component } from 'svelte';
import type { Key } from '$lib/i18n/index.svelte';

export interface Place {
	href: string;
	label: Key;
	icon: Component<{ size?: number; strokeWidth?: number }>;
	/** Reached by `g` and then this key. */
	key: string;
	/** Shown only to whom may do this. */
	right?: string;
}

/** The places of the sidebar, the palette and the keyboard. A new page adds itself here. */
export const PLACES: readonly Place[] = [
	{ href: '/', label: 'nav.home', icon: House, key: 'h' },
	{ href: '/data', label: 'nav.data', icon: Database, key: 'd' },
	{ href: '/train', label: 'nav.train', icon: FlaskConical, key: 't', right: 'train-model' },
	{ href: '/models', label: 'nav.models', icon: Boxes, key: 'm' },
	{ href: '/try', label: 'nav.try', icon: Sparkles, key: 'y' },
	{ href: '/digits', label: 'nav.digits', icon: PenLine, key: 'n', right: 'predict' },
	{ href: '/history', label: 'nav.history', icon: History, key: 'i' }
];
export const LOWER_PLACES: readonly Place[] = [
	{ href: '/people', label: 'nav.people', icon: Users, key: 'p', right: 'people' },
	{ href: '/system', label: 'nav.system', icon: Activity, key: 's' }
];

/** Of these, those that somebody with these rights gets to see. */
export function open(places: readonly Place[], may: (right: string) => boolean): Place[] {
	return places.filter((one) => one.right === undefined || may(one.right));
}

export function isHere(href: string, path: string): boolean {
	return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
}

/** What the page at this address is called in the sidebar. */
export function placeOf(path: string): Key {
	if (isHere('/account', path)) return 'nav.account';
	return [...PLACES, ...LOWER_PLACES].find((one) => isHere(one.href, path))?.label ?? 'nav.home';
}
