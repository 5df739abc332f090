import { expect, it } from 'vitest';
import { split } from '$lib/components/data/sniff';
import { csvOf } from './csv';

it('writes a row that is read as the same cells', () => {
	const row = { 'Name, full': 'O"Neil, Anna', Notes: 'two\nlines', Age: 22, Alone: true, Fare: null };
	expect(split(csvOf(Object.keys(row), row), ',', 9)).toEqual([
		['Name, full', 'Notes', 'Age', 'Alone', 'Fare'],
		['O"Neil, Anna', 'two\nlines', '22', 'true', '']
	]);
});

it('quotes only where it must', () => {
	expect(csvOf(['Sex', 'Age'], { Sex: 'male', Age: 0.5 })).toBe('Sex,Age\nmale,0.5\n');
});
