/** What the browser keeps for a person between visits. It may forbid that; then nothing is kept. */

const PREFIX = 'kolba.';

export function recall(name: string): string | null {
	try {
		return localStorage.getItem(PREFIX + name);
	} catch {
		return null;
	}
}

export function remember(name: string, value: string | null): void {
	try {
		if (value === null) localStorage.removeItem(PREFIX + name);
		else localStorage.setItem(PREFIX + name, value);
	} catch {
		// Private windows and full disks refuse; the choice then lasts as long as the page.
	}
}
