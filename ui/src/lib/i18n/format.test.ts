import { expect, it, vi } from 'vitest';
import { ago, duration, exact, quantity } from './format';

// The catalogue of texts looks at the browser's languages when it is first imported.
vi.hoisted(() => vi.stubGlobal('navigator', { languages: ['en'] }));

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

it.each([
	[999.7, '1.0 s'],
	[59_700, '1 min 0 s'],
	[119_700, '2 min 0 s'],
	[192_000, '3 min 12 s'],
	[3_599_800, '1 h 0 min']
])('%d ms last %s: no part is ever 60', (milliseconds, text) => {
	expect(plain(duration(milliseconds))).toBe(text);
});

it.each([
	[12_345, '12,345'],
	[1_234_567.8, '1,234,568'],
	[0.123456, '0.1235'],
	[0, '0']
])('shows %d in a few digits, but never another whole number', (value, text) => {
	expect(quantity(value)).toBe(text);
});

it.each([
	[12_345, '12,345'],
	[1_234_567_890.125, '1,234,567,890.125'],
	[0.1 + 0.2, '0.30000000000000004'],
	[-1 / 3, '-0.3333333333333333'],
	[5e-324, '5E-324'],
	[1.5e300, '1.5E300']
])('writes the stored number %d as %s', (value, text) => {
	expect(exact(value)).toBe(text);
});

const NOW = Date.parse('2026-01-31T12:00:00Z');
it.each([
	['2026-01-31T12:00:07Z', 'now'],
	['2026-01-31T11:59:53Z', '7 sec. ago'],
	['2026-01-31T11:57:00Z', '3 min. ago'],
	['2026-01-31T11:00:01Z', '59 min. ago']
])('%s is %s: nothing that has happened is yet to come', (at, text) => {
	expect(ago(at, NOW)).toBe(text);
});
