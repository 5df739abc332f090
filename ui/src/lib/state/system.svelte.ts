import { api } from '$lib/api/client';
import type { SystemHealth } from '$lib/api/types';

const WELL_MS = 20_000;
const UNWELL_MS = 5_000;

/** How the services are, for the whole application. */
class System {
	health = $state.raw<SystemHealth>();
	reachable = $state(true);
	readonly unwell = $derived(
		Object.entries(this.health?.services ?? {}).filter(([, one]) => one.status !== 'ok')
	);

	start(): void {
		void this.#ask();
	}

	async #ask(): Promise<void> {
		if (!document.hidden) {
			try {
				const { data } = await api.GET('/health');
				this.reachable = data !== undefined;
				this.health = data ?? this.health;
			} catch {
				this.reachable = false;
			}
		}
		const isWell = this.reachable && this.unwell.length === 0;
		setTimeout(() => void this.#ask(), isWell ? WELL_MS : UNWELL_MS);
	}
}

export const system = new System();
