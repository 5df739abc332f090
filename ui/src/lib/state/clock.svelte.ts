const TICK_MS = 10_000;

/** The time, now and then: what says "a minute ago" reads it. */
class Clock {
	now = $state(Date.now());

	start(): void {
		setInterval(() => {
			if (!document.hidden) this.now = Date.now();
		}, TICK_MS);
	}
}

export const clock = new Clock();
