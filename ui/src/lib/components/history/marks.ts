/** What the timeline draws: one mark for each thing that was done. */
export interface Mark {
	id: string | number;
	/** When it was begun, in ISO 8601. */
	at: string;
	/** The key of its lane. */
	lane: string;
	state: string;
	title: string;
}

export const OTHER = '';

/** The keys that most of these have, most first and at most `most`; `OTHER` in the place of all the rest. */
export function frequent(keys: readonly string[], most: number): string[] {
	const counts = new Map<string, number>();
	for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
	const sorted = [...counts.keys()].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
	return sorted.length <= most ? sorted : [...sorted.slice(0, most - 1), OTHER];
}
