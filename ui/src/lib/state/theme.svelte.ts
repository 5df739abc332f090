import { recall, remember } from '$lib/state/memory';

export type Choice = 'system' | 'light' | 'dark';
const CHOICES: readonly Choice[] = ['system', 'light', 'dark'];

/** Light or dark: as the system has it, until a person chooses. */
class Theme {
	choice = $state<Choice>('system');
	#systemIsDark = $state(false);
	readonly isDark = $derived(this.choice === 'dark' || (this.choice === 'system' && this.#systemIsDark));

	/** Follow the system from now on. Once, when the application starts. */
	start(): void {
		const kept = recall('theme') as Choice | null;
		this.choice = kept && CHOICES.includes(kept) ? kept : 'system';
		const query = matchMedia('(prefers-color-scheme: dark)');
		this.#systemIsDark = query.matches;
		query.addEventListener('change', (event) => {
			this.#systemIsDark = event.matches;
			this.#show();
		});
		this.#show();
	}

	choose(choice: Choice): void {
		this.choice = choice;
		remember('theme', choice === 'system' ? null : choice);
		this.#show();
	}

	#show(): void {
		document.documentElement.dataset.theme = this.isDark ? 'dark' : 'light';
	}
}

export const theme = new Theme();
