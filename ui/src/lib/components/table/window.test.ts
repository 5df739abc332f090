import { describe, expect, it } from 'vitest';
import { fullPx, isCompressed, rawOf, scrolled, scrollPx, seen, TALLEST_PX } from './window';

const short = { rows: 891, rowPx: 32, viewPx: 600 };
const long = { rows: 5_000_000, rowPx: 32, viewPx: 600 };

describe('a short list', () => {
	it('scrolls as the browser does', () => {
		expect(isCompressed(short)).toBe(false);
		expect(scrolled({ top: 0, raw: 0 }, 320, short)).toEqual({ top: 320, raw: 320 });
		expect(seen(320, short)).toMatchObject({ first: 10, shift: 0 });
	});
	it('shows its last row', () => {
		expect(seen(fullPx(short) - short.viewPx, short).end).toBe(short.rows);
	});
});

describe('a list longer than a browser can scroll', () => {
	it('is compressed', () => {
		expect(scrollPx(long)).toBe(TALLEST_PX);
	});
	it('moves by a wheel as far as the hand did', () => {
		expect(scrolled({ top: 1000, raw: 50 }, 150, long).top).toBe(1100);
	});
	it('leaps with the scroll bar', () => {
		const half = scrolled({ top: 0, raw: 0 }, TALLEST_PX / 2, long);
		expect(seen(half.top, long).first / long.rows).toBeCloseTo(0.5, 3);
	});
	it('reaches both ends', () => {
		const end = scrolled({ top: 0, raw: 0 }, TALLEST_PX - long.viewPx, long);
		expect(seen(end.top, long).end).toBe(long.rows);
		expect(scrolled(end, 0, long).top).toBe(0);
	});
	it('finds the way back to the bar', () => {
		const place = scrolled({ top: 0, raw: 0 }, 3_000_000, long);
		expect(rawOf(place.top, long)).toBeCloseTo(3_000_000, 0);
	});
});
