import { expect, it } from 'vitest';
import { curl, pictureCurl, picturePython, pictureV2, python, v2 } from './snippets';

const call = {
	address: 'http://localhost:8000',
	model: "it's",
	version: 'KNN_1',
	columns: ['Sex', 'Age', 'Fare'].map((name) => ({
		name,
		kind: 'numeric' as const,
		categories: [],
		boolean: false,
		integer: false,
		example: null,
		required: false
	})),
	row: { Sex: "o'neil", Age: 22, Fare: null },
	signed: true
};

it('quotes what a shell would take for its own', () => {
	expect(curl(call)).toContain(`"o'\\''neil"`);
	expect(curl(call)).toContain('/predict/it');
});

it('writes None for what is missing', () => {
	expect(python(call)).toContain('"Fare": None');
});

it('leaves out what is missing where there is no word for it', () => {
	expect(v2(call)).toContain('"name":"Sex","datatype":"BYTES"');
	expect(v2(call)).not.toContain('Fare');
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
