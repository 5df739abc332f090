import Boxes from '@lucide/svelte/icons/boxes';
import DatabaseZap from '@lucide/svelte/icons/database-zap';
import FileText from '@lucide/svelte/icons/file-text';
import FlaskConical from '@lucide/svelte/icons/flask-conical';
import PenLine from '@lucide/svelte/icons/pen-line';
import Rows3 from '@lucide/svelte/icons/rows-3';
import Sparkles from '@lucide/svelte/icons/sparkles';
import type { Component } from 'svelte';

interface Door {
	href: string;
	icon: Component<{ size?: number; strokeWidth?: number }>;
}

/** The page of each scenario. One that is not named here has its API only. */
export const DOORS: Readonly<Record<string, Door>> = {
	'collect-and-store': { href: '/data/sources', icon: DatabaseZap },
	'train-model': { href: '/train', icon: FlaskConical },
	'infer-model': { href: '/try', icon: Sparkles },
	'predict-batch': { href: '/try/batch', icon: Rows3 },
	report: { href: '/models', icon: FileText },
	'train-digits': { href: '/digits', icon: PenLine },
	'fine-tune': { href: '/digits', icon: PenLine }
};
export const OTHER_DOOR: Door = { href: '/history', icon: Boxes };
