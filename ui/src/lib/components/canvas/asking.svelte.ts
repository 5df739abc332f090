import type { Answer } from '$lib/api/predict';
import { isAbort, Problem } from '$lib/api/problem';

/** The hand rests so long: it is asked. */
const REST_MS = 60;
/** A hand that does not rest is answered so often. */
const AT_LATEST_MS = 350;

/** A model that is asked again and again about something that changes: one question at a time, and only the latest. */
export class Asking {
	answer = $state.raw<Answer>();
	problem = $state.raw<Problem>();
	/** The model was shown something that says nothing. */
	nothing = $state(false);
	busy = $state(false);
	readonly #ask: (signal: AbortSignal) => Promise<Answer>;
	#running: AbortController | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#waitsSince: number | undefined;
	#again = false;

	constructor(ask: (signal: AbortSignal) => Promise<Answer>) {
		this.#ask = ask;
	}

	/** Something has changed. It is asked when the hand rests, or has not rested for long. */
	soon(): void {
		const now = performance.now();
		this.#waitsSince ??= now;
		clearTimeout(this.#timer);
		const rest = Math.min(REST_MS, Math.max(0, this.#waitsSince + AT_LATEST_MS - now));
		this.#timer = setTimeout(() => void this.now(), rest);
	}

	async now(): Promise<void> {
		this.#forgetWaiting();
		if (this.#running) {
			this.#again = true;
			return;
		}
		const running = (this.#running = new AbortController());
		this.busy = true;
		try {
			const answer = await this.#ask(running.signal);
			if (this.#running === running) this.#take(answer);
		} catch (error) {
			if (this.#running === running && !isAbort(error)) this.#fail(Problem.from(error));
		}
		if (this.#running !== running) return; // given up meanwhile
		this.#running = undefined;
		this.busy = false;
		if (!this.#again) return;
		this.#again = false;
		await this.now();
	}

	/** Ask nothing more by itself; what is on its way may come. */
	wait(): void {
		this.#forgetWaiting();
		this.#again = false;
	}

	/** Forget the answer, and what is still on its way. */
	reset(): void {
		this.#forgetWaiting();
		this.#again = this.busy = this.nothing = false;
		this.#running?.abort();
		this.#running = undefined;
		this.answer = this.problem = undefined;
	}

	#take(answer: Answer): void {
		this.answer = answer;
		this.problem = undefined;
		this.nothing = false;
	}

	#fail(problem: Problem): void {
		this.answer = undefined;
		this.nothing = problem.type === 'nothing-drawn';
		this.problem = this.nothing ? undefined : problem;
	}

	#forgetWaiting(): void {
		clearTimeout(this.#timer);
		this.#waitsSince = undefined;
	}
}
