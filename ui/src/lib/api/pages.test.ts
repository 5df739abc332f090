import { expect, it, vi } from 'vitest';
import { everyPage, MOST } from './pages';

const list = (total: number) =>
	vi.fn(({ limit, offset }: { limit: number; offset: number }) => {
		const count = Math.max(0, Math.min(limit, total - offset));
		return Promise.resolve({ items: Array.from({ length: count }, (_, index) => offset + index), total });
	});

it.each([
	[0, 1],
	[MOST, 1],
	[MOST + 1, 2],
	[2 * MOST + 5, 3]
])('fetches all of %i', async (total, answers) => {
	const fetchPage = list(total);
	const found = await everyPage(fetchPage);
	expect(found.items).toEqual(Array.from({ length: total }, (_, index) => index));
	expect(fetchPage).toHaveBeenCalledTimes(answers);
});

it('stops at the most, and says how many there are', async () => {
	const found = await everyPage(list(5000), 1500);
	expect([found.items.length, found.total]).toEqual([1500, 5000]);
});
