import { expect, it } from 'vitest';
import { fitting, recordOf, rowsOf, saidOf } from './asked';

const kept = (input: unknown) => ({ input, input_truncated: false, images: [] });
const WANTED = {
	columns: ['Sex', 'Age'],
	cells: [
		['male', 22],
		['female', null]
	]
};

it.each([
	[
		'rows',
		{
			rows: [
				{ Sex: 'male', Age: 22 },
				{ Sex: 'female', Age: null }
			]
		}
	],
	['rows with gaps', { rows: [{ Sex: 'male', Age: 22 }, { Sex: 'female' }] }],
	[
		'a data frame',
		{
			dataframe_split: {
				columns: ['Sex', 'Age'],
				data: [
					['male', 22],
					['female', null]
				]
			}
		}
	],
	[
		'records',
		{
			dataframe_records: [
				{ Sex: 'male', Age: 22 },
				{ Sex: 'female', Age: null }
			]
		}
	],
	['columns', { inputs: { Sex: ['male', 'female'], Age: [22, null] } }],
	[
		'Open Inference',
		{
			inputs: [
				{ name: 'Sex', shape: [2, 1], datatype: 'BYTES', data: [['male'], ['female']] },
				{ name: 'Age', shape: [2], datatype: 'FP64', data: [22, null] }
			]
		}
	]
])(/* prettier-ignore */ 'reads %s', (_, input) => {
	expect(rowsOf(kept(input))).toEqual(WANTED);
});

it('reads CSV, quotes and empty cells', () => {
	expect(rowsOf(kept('Name,Age\n"Ann, ""Annie""",\n'))).toEqual({
		columns: ['Name', 'Age'],
		cells: [['Ann, "Annie"', null]]
	});
});

it('does not guess at what was kept in part, at pictures or at anything else', () => {
	expect(rowsOf({ ...kept('a,b\n1,2\n3'), input_truncated: true })).toBeUndefined();
	expect(rowsOf({ ...kept({ images: 1 }), images: ['0'.repeat(64)] })).toBeUndefined();
	expect(rowsOf(kept({ image: 'data:…' }))).toBeUndefined();
	expect(rowsOf(kept(null))).toBeUndefined();
});

it('says what was answered and how sure the model was', () => {
	expect(saidOf([0, [0.75, 0.25]])).toEqual({ label: '0', share: 0.75 });
	expect(saidOf(['yes', []])).toEqual({ label: 'yes', share: undefined });
	expect(saidOf(4.5)).toEqual({ label: '4.5', share: undefined });
});

it('gives one row by its names', () => {
	expect(recordOf(WANTED, 1)).toEqual({ Sex: 'female', Age: null });
});

it('gives a row as the form takes it', () => {
	const column = { categories: [], boolean: false, integer: false, example: null, required: true };
	const columns = [
		{ ...column, name: 'Sex', kind: 'categorical' as const },
		{ ...column, name: 'Age', kind: 'numeric' as const },
		{ ...column, name: 'Member', kind: 'numeric' as const, boolean: true },
		{ ...column, name: 'Fare', kind: 'numeric' as const }
	];
	expect(fitting(columns, { Age: '31.5', Sex: 'female', Member: 'True', Other: 1 })).toEqual({
		Sex: 'female',
		Age: 31.5,
		Member: true,
		Fare: null
	});
});
