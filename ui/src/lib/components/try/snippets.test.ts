import { expect, it } from 'vitest';
import { curl, pictureCurl, picturePython, pictureV2, python, v2 } from './snippets';

const column = { categories: [], boolean: false, integer: false, example: null, required: false };
const call = {
	address: 'http://localhost:8000',
	model: "it's",
	version: 'KNN_1',
	columns: [
		{ ...column, name: 'Sex', kind: 'categorical' as const },
		{ ...column, name: 'Age', kind: 'numeric' as const },
		{ ...column, name: 'Fare', kind: 'numeric' as const },
		{ ...column, name: 'Alone', kind: 'numeric' as const, boolean: true }
	],
	row: { Sex: "o'neil", Age: 22, Fare: null, Alone: true },
	signed: true
};

it('quotes what a shell would take for its own', () => {
	expect(curl(call)).toContain(`"o'\\''neil"`);
	expect(curl(call)).toContain('/predict/it');
});

it('writes None for what is missing', () => {
	expect(python(call)).toContain('"Fare": None');
});

it('sends every column in the open protocol, in its own type, and null for what is not known', () => {
	const input = (name: string, datatype: string, value: unknown) =>
		JSON.stringify({ name, datatype, shape: [1, 1], data: [value] });
	expect(v2(call)).toContain(input('Age', 'FP64', 22));
	expect(v2(call)).toContain(input('Fare', 'FP64', null));
	expect(v2(call)).toContain(input('Alone', 'BOOL', true));
	expect(v2({ ...call, row: {} })).toContain(input('Sex', 'BYTES', null));
	expect(v2({ ...call, row: {} })).toContain(input('Alone', 'BOOL', null));
});

it('sends a saved picture as it is', () => {
	expect(pictureCurl(call)).toContain('--data-binary @digit.png');
	expect(picturePython(call)).toContain('pathlib.Path("digit.png").read_bytes()');
	expect(pictureV2(call)).toContain('"datatype": "BYTES"');
});

it('shows no token where none is needed: an empty one would be refused', () => {
	for (const snippet of [curl, python, v2, pictureCurl, picturePython, pictureV2]) {
		expect(snippet(call)).toContain('KOLBA_TOKEN');
		expect(snippet({ ...call, signed: false })).not.toContain('KOLBA_TOKEN');
		expect(snippet({ ...call, signed: false })).not.toContain('import os');
	}
});
