import { expect, it, vi } from 'vitest';
import { Once } from './once';
import { Problem } from './problem';

// The catalogue of texts looks at the browser's languages when it is first imported.
vi.hoisted(() => vi.stubGlobal('navigator', { languages: ['en'] }));

const problem = (status: number, type = '') => new Problem(status, 'no', '', type, '', []);

/** The keys that are sent when each try ends as told: with an answer, or with an error. */
async function keysOf(once: Once, tries: readonly (readonly [unknown, Error?])[]): Promise<string[]> {
	const keys: string[] = [];
	for (const [what, error] of tries) {
		const sent = once.send(what, (headers) => {
			keys.push(headers['Idempotency-Key']);
			return error ? Promise.reject(error) : Promise.resolve('done');
		});
		if (error) await expect(sent).rejects.toBe(error);
		else expect(await sent).toBe('done');
	}
	return keys;
}

it('sends the same key again until an answer comes', async () => {
	const tries = [[{ n: 1 }, problem(0)], [{ n: 1 }, problem(0)], [{ n: 1 }], [{ n: 1 }]] as const;
	const [first, second, third, fourth] = await keysOf(new Once(), tries);
	expect(first).toMatch(/^[0-9a-f]{32}$/);
	expect([second, third]).toEqual([first, first]);
	expect(fourth).not.toBe(first);
});

it('keeps the key as long as it may not have been done', async () => {
	// A refusal after a broken connection (signed out, too many requests) says nothing of the first try.
	const errors = [
		problem(0),
		problem(401),
		problem(429),
		problem(402),
		problem(502),
		new DOMException('stop')
	];
	const running = problem(409, 'idempotency-key-running');
	const keys = await keysOf(new Once(), [...[...errors, running].map((one) => ['x', one] as const), ['x']]);
	expect(new Set(keys).size).toBe(1);
});

it.each(['idempotent-answer-not-kept', 'idempotency-key-reused'])(
	'takes a new key after %s',
	async (type) => {
		const [first, second] = await keysOf(new Once(), [['x', problem(409, type)], ['x']]);
		expect(second).not.toBe(first);
	}
);

it('takes a new key for something else', async () => {
	const form = (name: string) => {
		const made = new FormData();
		made.append('file', new File(['a,b'], name, { lastModified: 0 }));
		return made;
	};
	const lost = problem(0);
	const tries = [
		[form('a'), lost],
		[form('a'), lost],
		[form('b'), lost],
		[{ n: 1 }, lost]
	] as const;
	const [a, again, b, other] = await keysOf(new Once(), tries);
	expect(again).toBe(a);
	expect(new Set([a, b, other]).size).toBe(3);
});

it('needs nothing that browsers have over HTTPS alone', async () => {
	vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array) => bytes.fill(7) });
	expect(await keysOf(new Once(), [['x']])).toEqual(['07'.repeat(16)]);
	vi.unstubAllGlobals();
});
