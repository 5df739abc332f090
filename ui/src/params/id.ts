/** What identifies a data set, a model or a run. */
export function match(word: string): boolean {
	return /^[1-9]\d{0,17}$/.test(word);
}
