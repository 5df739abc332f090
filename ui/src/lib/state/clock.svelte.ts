const TICK_MS = 10_000;

/** The time, now and then: what says "a minute ago" reads it. */
class Clock {
	now = $state(Date.now());

	start(): void {
		const tick = () => {
			if (!document.hidden) this.now = Date.now();
		};
		setInterval(tick, TICK_MS);
		// Whoever comes back to the page reads the time of now, not of when they left.
		document.addEventListener('visibilitychange', tick);
	}
}

export const clock = new Clock();
