/** Lists that one answer does not hold. */
import type { Page } from './types';

/** As many as one answer may hold. */
export const MOST = 1000;
const AT_MOST = 10_000;

/** Page after page, up to `atMost` of them; `total` says how many there are. Throws what `fetchPage` throws. */
export async function everyPage<Item>(
	fetchPage: (query: { limit: number; offset: number }) => Promise<Page<Item>>,
	atMost = AT_MOST
): Promise<Page<Item>> {
	const items: Item[] = [];
	for (;;) {
		const limit = Math.min(MOST, atMost - items.length);
		const page = await fetchPage({ limit, offset: items.length });
		items.push(...page.items);
		const isLast = page.items.length < limit || items.length >= page.total;
		if (isLast || items.length >= atMost) return { items, total: page.total };
	}
}
