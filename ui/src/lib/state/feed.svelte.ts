import { ROOT } from '$lib/api/client';
import type { components } from '$lib/api/schema';

export interface RunEvent {
	sequence: number;
	at: string;
	type: 'progress' | 'metric' | 'state' | 'log';
	message: string;
	fraction: number | null;
	data: Record<string, unknown>;
}
export type State = components['schemas']['State'];
export interface Curve {
	name: string;
	x: number[];
	y: number[];
}

const KINDS = ['progress', 'metric', 'state', 'log'] as const;
const FINAL = new Set<string>(['succeeded', 'failed', 'cancelled']);
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

/** A run as it goes: its events in order, each once, whatever breaks in between. */
export class Feed {
	events = $state.raw<RunEvent[]>([]);
	curves = $state.raw<Curve[]>([]);
	fraction = $state(0);
	message = $state('');
	state = $state<State>();
	connected = $state(false);
	readonly ended = $derived(this.state !== undefined && FINAL.has(this.state));
	#last = 0;
	#wait = FIRST_WAIT_MS;
	#source: EventSource | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#pending: RunEvent[] = [];
	#frame = 0;

	constructor(readonly run: number) {}

	open(): void {
		const after = this.#last ? `?last_event_id=${this.#last}` : '';
		const source = (this.#source = new EventSource(`${ROOT}/progress/${this.run}${after}`));
		source.onopen = () => {
			this.connected = true;
			this.#wait = FIRST_WAIT_MS;
		};
		for (const kind of KINDS)
			source.addEventListener(kind, (event) => this.#take(event as MessageEvent<string>));
		source.onerror = () => this.#broken(source);
	}

	close(): void {
		clearTimeout(this.#timer);
		cancelAnimationFrame(this.#frame);
		this.#source?.close();
		this.connected = false;
	}

	#take(event: MessageEvent<string>): void {
		const found = JSON.parse(event.data) as RunEvent;
		if (found.sequence <= this.#last) return; // sent twice
		this.#last = found.sequence;
		this.#pending.push(found);
		// Thousands may come at once; the page is drawn once for all of them.
		if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#show());
	}

	#show(): void {
		this.#frame = 0;
		const fresh = this.#pending;
		this.#pending = [];
		const curves = new Map(this.curves.map((one) => [one.name, one]));
		for (const event of fresh) {
			if (event.fraction !== null) this.fraction = event.fraction;
			if (event.type === 'progress') this.message = event.message;
			if (event.type === 'state') this.state = event.data.state as State;
			if (event.type === 'metric') addPoint(curves, event);
		}
		this.events = [...this.events, ...fresh];
		this.curves = [...curves.values()];
		if (this.ended) this.close();
	}

	/** The browser joins again by itself after a lost connection, but gives up after an error. */
	#broken(source: EventSource): void {
		this.connected = false;
		if (this.ended) this.close();
		if (source.readyState !== EventSource.CLOSED || this.ended) return;
		this.#timer = setTimeout(() => this.open(), this.#wait);
		this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
	}
}

function addPoint(curves: Map<string, Curve>, event: RunEvent): void {
	const { name, value, step } = event.data as { name?: string; value?: number; step?: number };
	if (name === undefined || typeof value !== 'number') return;
	const before = curves.get(name) ?? { name, x: [], y: [] };
	const x = step ?? before.x.length + 1;
	// After a worker's death a run goes on from its last checkpoint: what it does again takes the place of what it did.
	const repeated = before.x.findIndex((one) => one >= x);
	const kept = repeated < 0 ? before.x.length : repeated;
	curves.set(name, { name, x: [...before.x.slice(0, kept), x], y: [...before.y.slice(0, kept), value] });
}
