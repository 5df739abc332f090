/** Numbers, sizes and moments as the reader's language writes them. Made once per language: they are costly to make. */
import { language } from './index.svelte';

const kept = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>();

function formatter<Kind extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.RelativeTimeFormat>(
	name: string,
	make: (code: string) => Kind
): Kind {
	const key = `${language.code}:${name}`;
	let found = kept.get(key) as Kind | undefined;
	if (!found) kept.set(key, (found = make(language.code)));
	return found;
}

export function integer(value: number): string {
	return formatter('integer', (code) => new Intl.NumberFormat(code)).format(value);
}

/** With exactly so many digits after the point; a dash for a missing one. */
export function decimal(value: number | null | undefined, digits = 3): string {
	if (value === null || value === undefined || Number.isNaN(value)) return '–';
	const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
	return formatter(`d${digits}`, (code) => new Intl.NumberFormat(code, options)).format(value);
}

/** A quantity of any size in a few significant digits, though never with fewer than it has before the point. */
export function quantity(value: number | null | undefined, digits = 4): string {
	if (value === null || value === undefined || Number.isNaN(value)) return '–';
	const size = Math.abs(value);
	const isExtreme = size !== 0 && (size < 1e-4 || size >= 1e9);
	const isWhole = !isExtreme && size >= 10 ** digits;
	const options: Intl.NumberFormatOptions = isWhole
		? { maximumFractionDigits: 0 }
		: { maximumSignificantDigits: digits, notation: isExtreme ? 'scientific' : 'standard' };
	const name = `q${isWhole ? 0 : digits}${isExtreme}`;
	return formatter(name, (code) => new Intl.NumberFormat(code, options)).format(value);
}

/** A number that somebody stored, in all its digits: the fewest that are read back as the same number. */
export function exact(value: number | null | undefined): string {
	if (value === null || value === undefined || Number.isNaN(value)) return '–';
	const size = Math.abs(value);
	const isExtreme = size !== 0 && (size < 1e-6 || size >= 1e21);
	const options: Intl.NumberFormatOptions = {
		maximumSignificantDigits: 17,
		notation: isExtreme ? 'scientific' : 'standard'
	};
	return formatter(`e${isExtreme}`, (code) => new Intl.NumberFormat(code, options)).format(value);
}

/** With its sign, for differences. */
export function difference(value: number, digits = 3): string {
	const options: Intl.NumberFormatOptions = {
		minimumFractionDigits: digits,
		maximumFractionDigits: digits,
		signDisplay: 'exceptZero'
	};
	return formatter(`s${digits}`, (code) => new Intl.NumberFormat(code, options)).format(value);
}

export function percent(share: number, digits = 1): string {
	const options: Intl.NumberFormatOptions = {
		style: 'percent',
		minimumFractionDigits: digits,
		maximumFractionDigits: digits
	};
	return formatter(`p${digits}`, (code) => new Intl.NumberFormat(code, options)).format(share);
}

const UNITS = { en: ['B', 'KiB', 'MiB', 'GiB', 'TiB'], ru: ['Б', 'КиБ', 'МиБ', 'ГиБ', 'ТиБ'] } as const;

export function bytes(size: number): string {
	const step = size < 1024 ? 0 : Math.min(4, Math.floor(Math.log(size) / Math.log(1024)));
	return `${decimal(size / 1024 ** step, step ? 1 : 0)}\u00a0${UNITS[language.code][step]}`;
}

/** `0.42 s`, `3 min 12 s`. */
export function duration(milliseconds: number | null | undefined): string {
	if (milliseconds === null || milliseconds === undefined) return '–';
	const units = language.code === 'ru' ? ['мс', 'с', 'мин', 'ч'] : ['ms', 's', 'min', 'h'];
	const gap = '\u00a0';
	if (Math.round(milliseconds) < 1000)
		return `${milliseconds < 10 ? decimal(milliseconds, 1) : integer(Math.round(milliseconds))}${gap}${units[0]}`;
	// Rounded before it is parted, so that no part of it is ever 60.
	const seconds = Math.round(milliseconds / 1000);
	if (seconds < 60) return `${decimal(milliseconds / 1000, seconds < 10 ? 1 : 0)}${gap}${units[1]}`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return `${minutes}${gap}${units[2]} ${seconds % 60}${gap}${units[1]}`;
	return `${Math.floor(minutes / 60)}${gap}${units[3]} ${minutes % 60}${gap}${units[2]}`;
}

export function moment(value: string | Date): string {
	const options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'medium' };
	return formatter('moment', (code) => new Intl.DateTimeFormat(code, options)).format(new Date(value));
}

export function day(value: string | Date): string {
	const options: Intl.DateTimeFormatOptions = { weekday: 'long', day: 'numeric', month: 'long' };
	return formatter('day', (code) => new Intl.DateTimeFormat(code, options)).format(new Date(value));
}

/** A day of the calendar, with its year. */
export function date(value: string | Date): string {
	const options: Intl.DateTimeFormatOptions = { dateStyle: 'medium' };
	return formatter('date', (code) => new Intl.DateTimeFormat(code, options)).format(new Date(value));
}

export function clock(value: string | Date): string {
	const options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
	return formatter('clock', (code) => new Intl.DateTimeFormat(code, options)).format(new Date(value));
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
	['day', 86_400],
	['hour', 3600],
	['minute', 60],
	['second', 1]
];

/** `3 minutes ago`; after a month, the date. Of what has happened: a clock that is slow does not make it to come. */
export function ago(value: string | Date, now: number): string {
	const seconds = Math.min(0, new Date(value).getTime() - now) / 1000;
	if (Math.abs(seconds) > 30 * 86_400) {
		return date(value);
	}
	const relative = formatter(
		'relative',
		(code) => new Intl.RelativeTimeFormat(code, { numeric: 'auto', style: 'short' })
	);
	if (Math.abs(seconds) < 5) return relative.format(0, 'second');
	const [unit, size] = STEPS.find(([, one]) => Math.abs(seconds) >= one) ?? ['second', 1];
	return relative.format(Math.trunc(seconds / size), unit);
}
