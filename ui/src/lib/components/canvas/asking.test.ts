import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Answer } from '$lib/api/predict';
import { Problem } from '$lib/api/problem';
import { Asking } from './asking.svelte';

// The catalogue of texts looks at the browser's languages when it is first imported.
vi.hoisted(() => vi.stubGlobal('navigator', { languages: ['en'] }));

const answer = (version: string): Answer => ({
	model: 'digits',
	version,
	prediction_id: version,
	predictions: [],
	milliseconds: 1
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('asks once when the hand rests', async () => {
	const ask = vi.fn(() => Promise.resolve(answer('a')));
	const asking = new Asking(ask);
	for (let moves = 0; moves < 5; moves++) {
		asking.soon();
		await vi.advanceTimersByTimeAsync(20);
	}
	expect(ask).not.toHaveBeenCalled();
	await vi.advanceTimersByTimeAsync(60);
	expect(ask).toHaveBeenCalledOnce();
	expect(asking.answer?.version).toBe('a');
});

it('asks a hand that never rests now and then', async () => {
	const ask = vi.fn(() => Promise.resolve(answer('a')));
	const asking = new Asking(ask);
	for (let moves = 0; moves < 40; moves++) {
		asking.soon();
		await vi.advanceTimersByTimeAsync(20);
	}
	expect(ask.mock.calls.length).toBeGreaterThanOrEqual(2);
	expect(ask.mock.calls.length).toBeLessThanOrEqual(3);
});

it('has one question on its way, and after it only the latest', async () => {
	const waiting: ((answer: Answer) => void)[] = [];
	const ask = vi.fn(() => new Promise<Answer>((resolve) => waiting.push(resolve)));
	const asking = new Asking(ask);
	void asking.now();
	void asking.now();
	void asking.now();
	expect(ask).toHaveBeenCalledTimes(1);
	waiting[0]?.(answer('first'));
	await vi.advanceTimersByTimeAsync(0);
	expect(ask).toHaveBeenCalledTimes(2);
	waiting[1]?.(answer('latest'));
	await vi.advanceTimersByTimeAsync(0);
	expect(ask).toHaveBeenCalledTimes(2);
	expect(asking.answer?.version).toBe('latest');
	expect(asking.busy).toBe(false);
});

it('takes no answer to what was cleared away meanwhile', async () => {
	let answered: (answer: Answer) => void = () => {};
	const asking = new Asking(() => new Promise<Answer>((resolve) => (answered = resolve)));
	void asking.now();
	asking.reset();
	answered(answer('late'));
	await vi.advanceTimersByTimeAsync(0);
	expect(asking.answer).toBeUndefined();
	expect(asking.busy).toBe(false);
});

it('says that nothing is drawn instead of an error', async () => {
	const problem = new Problem(422, 'Nothing is drawn', '', 'nothing-drawn', '', []);
	const asking = new Asking(() => Promise.reject(problem));
	await asking.now();
	expect(asking.nothing).toBe(true);
	expect(asking.problem).toBeUndefined();
});

it('asks nothing more by itself when it is told to wait', async () => {
	const ask = vi.fn(() => Promise.resolve(answer('a')));
	const asking = new Asking(ask);
	asking.soon();
	asking.wait();
	await vi.advanceTimersByTimeAsync(1000);
	expect(ask).not.toHaveBeenCalled();
	await asking.now();
	expect(asking.answer?.version).toBe('a');
});
