/** Which figures stand first, and which way is better. */
const ORDER = [
	'accuracy',
	'balanced_accuracy',
	'f1_macro',
	'f1_weighted',
	'roc_auc',
	'precision_macro',
	'recall_macro',
	'log_loss'
];
const LOWER_IS_BETTER = new Set(['log_loss', 'loss', 'training_seconds']);

export function inOrder(names: Iterable<string>): string[] {
	const place = (name: string) => (ORDER.indexOf(name) + 1 || ORDER.length + 1) * 1;
	return [...new Set(names)].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

export function isBetter(name: string, a: number, b: number): boolean {
	return LOWER_IS_BETTER.has(name) ? a < b : a > b;
}

/** The places of the best of these figures; of none where all are alike. */
export function best(name: string, values: readonly (number | undefined)[]): ReadonlySet<number> {
	const known = values.filter((one) => one !== undefined);
	const top = known.reduce((a, b) => (isBetter(name, b, a) ? b : a), known[0] ?? NaN);
	const places = values.flatMap((one, index) => (one === top ? [index] : []));
	return new Set(places.length === values.length ? [] : places);
}
