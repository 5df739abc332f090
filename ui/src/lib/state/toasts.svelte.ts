export type Tone = 'good' | 'bad' | 'neutral';
export interface Toast {
	id: number;
	tone: Tone;
	title: string;
	detail?: string | undefined;
	requestId?: string | undefined;
	/** Where to see it. */
	link?: { href: string; text: string } | undefined;
}

const SHOWN_MS = 5000;
const AT_ONCE = 4;

/** Short messages of what has just happened. Errors, and what leads somewhere, stay until they are closed. */
class Toasts {
	items = $state<Toast[]>([]);
	#next = 1;

	add(toast: Omit<Toast, 'id'>): void {
		const id = this.#next++;
		this.items = [...this.items.slice(1 - AT_ONCE), { id, ...toast }];
		if (toast.tone !== 'bad' && !toast.link) setTimeout(() => this.close(id), SHOWN_MS);
	}

	good(title: string, detail?: string): void {
		this.add({ tone: 'good', title, detail });
	}

	close(id: number): void {
		this.items = this.items.filter((one) => one.id !== id);
	}
}

export const toasts = new Toasts();
