import { onDestroy } from 'svelte';
import { goto } from '$app/navigation';
import { Problem } from '$lib/api/problem';
import { t } from '$lib/i18n/index.svelte';
import { toasts } from './toasts.svelte';

/** What a piece of work has come to: where it is to be seen, and what is said of it. */
interface Outcome {
	href: string;
	title: string;
	detail?: string;
}

/**
 * Whether the person is still where they began a piece of work that takes its time. Whoever has gone on to something
 * else is not pulled away from it: they are told, with a link. Made while a component is.
 */
export class Presence {
	#isHere = true;

	constructor() {
		onDestroy(() => this.leave());
	}

	/** They have closed what they began it in, such as a dialog. */
	leave(): void {
		this.#isHere = false;
	}
	/** They have begun anew. */
	come(): void {
		this.#isHere = true;
	}

	/** Go to what has come of it; `quietly` says nothing of it to somebody who is taken there. */
	async arrive({ href, title, detail }: Outcome, quietly = false): Promise<void> {
		const link = this.#isHere ? undefined : { href, text: t('common.open') };
		if (link || !quietly) toasts.add({ tone: 'good', title, detail, link });
		if (this.#isHere) await goto(href);
	}

	/** What went wrong, for the page to show; somebody who has gone is told of it where they are. */
	fail(error: unknown): Problem {
		const problem = Problem.from(error);
		if (!this.#isHere) {
			const { title, detail, requestId } = problem;
			toasts.add({ tone: 'bad', title, detail, requestId });
		}
		return problem;
	}
}
