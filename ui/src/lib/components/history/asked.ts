/** What a model was asked and answered, as the history keeps it: in the words of one of three protocols. */
import type { Cell } from '$lib/api/predict';
import type { Prediction } from '$lib/api/types';
import { split } from '$lib/components/data/sniff';
import type { SignatureColumn } from '$lib/components/model/summary';

export interface Rows {
	columns: readonly string[];
	cells: readonly (readonly Cell[])[];
}
/** A label, and how sure the model was of it, from 0 to 1. */
export interface Said {
	label: string;
	share: number | undefined;
}
type Named = Record<string, unknown>;

const MOST_ROWS = 1000;

/** The rows that were asked about; undefined where they were kept only in part, or are none. */
export function rowsOf(one: Pick<Prediction, 'input' | 'input_truncated' | 'images'>): Rows | undefined {
	if (one.input_truncated || one.images?.length) return undefined;
	const { input } = one;
	if (typeof input === 'string') return ofCsv(input);
	if (!isNamed(input)) return undefined;
	const found = input.rows ?? input.dataframe_records ?? input.instances ?? input.inputs;
	if (isNamed(input.dataframe_split)) return ofSplit(input.dataframe_split);
	if (isNamed(found)) return ofColumns(found);
	if (!Array.isArray(found) || !found.length || !found.every(isNamed)) return undefined;
	return found === input.inputs && found.every((part) => 'datatype' in part)
		? ofColumns(Object.fromEntries(found.map((part) => [String(part.name), part.data])))
		: ofRecords(found);
}

/** What was answered to the row in this place. */
export function saidOf(output: unknown): Said {
	if (!Array.isArray(output)) return { label: String(output), share: undefined };
	const [label, ...rest] = output as unknown[];
	const shares = rest.flat().filter((part) => typeof part === 'number');
	return { label: String(label), share: shares.length ? Math.max(...shares) : undefined };
}

/** One row by the names of its columns. */
export function recordOf({ columns, cells }: Rows, index: number): Record<string, Cell> {
	return Object.fromEntries(columns.map((name, place) => [name, cells[index]?.[place] ?? null]));
}

/** That row as the model's form takes it: each of its columns, in the column's kind; CSV knows only words. */
export function fitting(columns: readonly SignatureColumn[], record: Named): Record<string, Cell> {
	return Object.fromEntries(columns.map((one) => [one.name, inKind(one, cellOf(record[one.name]))]));
}

function inKind(column: SignatureColumn, cell: Cell): Cell {
	if (cell === null) return null;
	if (column.boolean) return /^(true|1|yes)$/i.test(String(cell));
	if (column.kind === 'categorical') return String(cell);
	const number = Number(cell);
	return Number.isNaN(number) ? null : number;
}

function ofCsv(text: string): Rows | undefined {
	const [columns, ...cells] = split(text, ',', MOST_ROWS + 1);
	if (!columns || !cells.length) return undefined;
	return { columns, cells: cells.map((row) => row.map((cell) => (cell === '' ? null : cell))) };
}

function ofSplit(given: Named): Rows | undefined {
	if (!Array.isArray(given.columns) || !Array.isArray(given.data)) return undefined;
	return { columns: given.columns.map(String), cells: given.data.map((row: unknown) => listOf(row)) };
}

function ofRecords(given: readonly Named[]): Rows {
	const columns = [...new Set(given.flatMap((row) => Object.keys(row)))];
	return { columns, cells: given.map((row) => columns.map((name) => cellOf(row[name]))) };
}

function ofColumns(given: Named): Rows {
	const columns = Object.keys(given);
	const values = columns.map((name) => listOf(given[name]));
	const length = Math.max(...values.map((list) => list.length));
	return {
		columns,
		cells: Array.from({ length }, (_, row) => values.map((list) => list[row] ?? null))
	};
}

function listOf(given: unknown): Cell[] {
	return Array.isArray(given) ? given.flat().map(cellOf) : [cellOf(given)];
}

function cellOf(given: unknown): Cell {
	if (given === null || given === undefined) return null;
	return typeof given === 'object' ? JSON.stringify(given) : (given as Cell);
}

function isNamed(given: unknown): given is Named {
	return typeof given === 'object' && given !== null && !Array.isArray(given);
}
