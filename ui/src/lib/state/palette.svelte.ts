import type { Component } from 'svelte';

/** The command palette; it is fetched when somebody first reaches for it. */
class Palette {
	open = $state(false);
	view = $state.raw<Component>();

	prepare(): void {
		if (!this.view)
			void import('$lib/components/shell/Palette.svelte').then((one) => (this.view = one.default));
	}

	show(): void {
		this.prepare();
		this.open = true;
	}

	toggle(): void {
		if (this.open) this.open = false;
		else this.show();
	}
}

export const palette = new Palette();
