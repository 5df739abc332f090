import { describe, expect, it } from 'vitest';
import { nameOf, sniff, split } from './sniff';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('sniff', () => {
	it.each([
		['a,b\n1,2\n', ','],
		['a;b\n1,5;2\n', ';'],
		['a\tb\n1\t2\n', '\t'],
		['a|b\n1|2\n', '|']
	])('finds the delimiter of %j', (text, delimiter) => {
		expect(sniff(bytes(text), true)).toMatchObject({ kind: 'table', delimiter, header: ['a', 'b'] });
	});

	it('keeps delimiters and line ends in quotes', () => {
		expect(split('"a,1","b\n2"\nc,"say ""no"""\n', ',', 9)).toEqual([
			['a,1', 'b\n2'],
			['c', 'say "no"']
		]);
	});

	it('passes over a byte order mark', () => {
		expect(sniff(bytes('\ufeffa,b\n1,2'), true).header).toEqual(['a', 'b']);
	});

	it('reads Russian of Windows', () => {
		const cp1251 = new Uint8Array([0xe8, 0xec, 0xff, 0x3b, 0xe3, 0xee, 0xe4, 0x0a, 0xc0, 0x3b, 0x31, 0x0a]);
		expect(sniff(cp1251, true)).toMatchObject({ encoding: 'windows-1251', header: ['имя', 'год'] });
	});

	it('is not misled by a character that the cut went through', () => {
		const cut = bytes('имя,год\nАня,1').subarray(0, 3);
		expect(sniff(cut, false).encoding).toBe('UTF-8');
	});

	it('leaves out the record that the cut went through', () => {
		expect(sniff(bytes('a,b\n1,2\n3,'), false).rows).toEqual([['1', '2']]);
	});

	it.each([
		[new Uint8Array(), 'empty'],
		[bytes(' \n\n'), 'empty'],
		[new Uint8Array([0x50, 0x41, 0x52, 0x31, 0, 0, 1]), 'binary']
	])('knows what is no table', (content, kind) => {
		expect(sniff(content, true).kind).toBe(kind);
	});
});

it('names a data set after its file', () => {
	expect(nameOf('Пассажиры 2026.CSV')).toBe('Пассажиры 2026');
});
