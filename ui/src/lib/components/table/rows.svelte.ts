const BLOCK = 200;
const KEPT_BLOCKS = 60;
const PATIENCE_MS = 70;

type Row = readonly unknown[];

/** The rows of a long table, fetched in blocks as they come into sight, the latest kept. */
export class Rows {
	/** Counts up when rows have come. */
	version = $state(0);
	error = $state.raw<unknown>();
	readonly #fetch: (offset: number, limit: number, signal: AbortSignal) => Promise<Row[]>;
	readonly #blocks = new Map<number, Row[]>();
	readonly #underway = new Map<number, AbortController>();
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(fetch: (offset: number, limit: number, signal: AbortSignal) => Promise<Row[]>) {
		this.#fetch = fetch;
	}

	at(index: number): Row | undefined {
		return this.#blocks.get(Math.floor(index / BLOCK))?.[index % BLOCK];
	}

	/** These rows are seen. What flies past is not fetched. */
	want(first: number, end: number): void {
		const wanted = new Set([Math.floor(first / BLOCK), Math.floor(Math.max(first, end - 1) / BLOCK)]);
		clearTimeout(this.#timer);
		const missing = [...wanted].filter((one) => !this.#blocks.has(one));
		if (missing.length === 0) return;
		const wait = this.#blocks.size === 0 ? 0 : PATIENCE_MS;
		this.#timer = setTimeout(() => this.#load(missing, wanted), wait);
	}

	stop(): void {
		clearTimeout(this.#timer);
		for (const one of this.#underway.values()) one.abort();
		this.#underway.clear();
	}

	#load(missing: readonly number[], wanted: ReadonlySet<number>): void {
		for (const [block, controller] of this.#underway) if (!wanted.has(block)) controller.abort();
		for (const block of missing) if (!this.#underway.has(block)) void this.#ask(block);
	}

	async #ask(block: number): Promise<void> {
		const controller = new AbortController();
		this.#underway.set(block, controller);
		try {
			const rows = await this.#fetch(block * BLOCK, BLOCK, controller.signal);
			this.#blocks.set(block, rows);
			const oldest = this.#blocks.keys().next().value;
			if (this.#blocks.size > KEPT_BLOCKS && oldest !== undefined) this.#blocks.delete(oldest);
			this.error = undefined;
			this.version++;
		} catch (error) {
			if (!controller.signal.aborted) this.error = error;
		} finally {
			this.#underway.delete(block);
		}
	}
}
