import type { Cell } from '$lib/api/predict';

/** A header and rows, as a text that any reader of CSV takes for the same cells. */
export function csvOf(names: readonly string[], ...rows: Readonly<Record<string, Cell>>[]): string {
	const lines = [names, ...rows.map((row) => names.map((name) => row[name] ?? null))];
	return lines.map((cells: readonly Cell[]) => `${cells.map(quoted).join(',')}\n`).join('');
}

function quoted(cell: Cell): string {
	const text = cell === null ? '' : String(cell);
	return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
