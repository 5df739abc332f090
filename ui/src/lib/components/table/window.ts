/** Which rows are seen at a place of a very long list. Pure, so that it can be tested without a browser. */

/** Browsers lose precision, or refuse, beyond some tens of millions of pixels. */
export const TALLEST_PX = 8_000_000;

export interface Extent {
	rows: number;
	rowPx: number;
	viewPx: number;
}

export const fullPx = ({ rows, rowPx }: Extent): number => rows * rowPx;
export const scrollPx = (extent: Extent): number => Math.min(fullPx(extent), TALLEST_PX);
export const isCompressed = (extent: Extent): boolean => fullPx(extent) > TALLEST_PX;

/** Where the list stands, in its own pixels: `top`; and where the browser's scroll bar stood last: `raw`. */
export interface Place {
	top: number;
	raw: number;
}

/**
 * The place after the browser scrolled to `raw`. In a compressed list a small step moves as far as the hand did; a
 * leap, such as a drag of the scroll bar, goes to the same share of the list.
 */
export function scrolled(from: Place, raw: number, extent: Extent): Place {
	const most = Math.max(0, fullPx(extent) - extent.viewPx);
	if (!isCompressed(extent)) return { top: Math.min(raw, most), raw };
	const mostRaw = TALLEST_PX - extent.viewPx;
	const step = raw - from.raw;
	if (raw <= 0) return { top: 0, raw };
	if (raw >= mostRaw) return { top: most, raw };
	if (Math.abs(step) <= extent.viewPx * 2) return { top: clamp(from.top + step, 0, most), raw };
	return { top: (raw / mostRaw) * most, raw };
}

/** Where the browser's scroll bar belongs for a place. */
export function rawOf(top: number, extent: Extent): number {
	const most = Math.max(1, fullPx(extent) - extent.viewPx);
	return isCompressed(extent) ? (top / most) * (TALLEST_PX - extent.viewPx) : top;
}

/** The first and one after the last row seen at `top`, and how far above the edge the first begins. */
export function seen(top: number, extent: Extent): { first: number; end: number; shift: number } {
	const first = Math.floor(top / extent.rowPx);
	const end = Math.min(extent.rows, Math.ceil((top + extent.viewPx) / extent.rowPx) + 1);
	return { first, end, shift: top - first * extent.rowPx };
}

function clamp(value: number, least: number, most: number): number {
	return Math.max(least, Math.min(most, value));
}
