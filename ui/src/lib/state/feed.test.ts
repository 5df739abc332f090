import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Feed } from './feed.svelte';

// The catalogue of texts looks at the browser's languages when it is first imported.
vi.hoisted(() => vi.stubGlobal('navigator', { languages: ['en'] }));

type Listener = (event: { data: string }) => void;
let listeners: Record<string, Listener> = {};
let draw: (() => void) | undefined;

beforeEach(() => {
	listeners = {};
	class Source {
		addEventListener = (kind: string, listener: Listener) => void (listeners[kind] = listener);
		close = () => {};
	}
	vi.stubGlobal('EventSource', Source);
	vi.stubGlobal('requestAnimationFrame', (action: () => void) => ((draw = action), 1));
	vi.stubGlobal('cancelAnimationFrame', () => {});
});
afterEach(() => vi.unstubAllGlobals());

/** The curves after a run has told these steps, each with a loss of a tenth of its place. */
function curvesOf(steps: readonly number[]) {
	const feed = new Feed(1);
	feed.open();
	for (const [place, step] of steps.entries()) {
		const data = { name: 'loss', value: place / 10, step };
		const event = { sequence: place + 1, at: '', type: 'metric', message: '', fraction: null, data };
		listeners.metric?.({ data: JSON.stringify(event) });
	}
	draw?.();
	return feed.curves;
}

it('draws the steps as they come', () => {
	expect(curvesOf([1, 2, 3])).toEqual([{ name: 'loss', x: [1, 2, 3], y: [0, 0.1, 0.2] }]);
});

it('puts what is done again after a death of the worker in the place of what was done', () => {
	expect(curvesOf([1, 2, 3, 4, 3, 4, 5])).toEqual([
		{ name: 'loss', x: [1, 2, 3, 4, 5], y: [0, 0.1, 0.4, 0.5, 0.6] }
	]);
});
