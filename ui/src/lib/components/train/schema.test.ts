import { expect, it } from 'vitest';
import { fieldsOf, parse, written } from './schema';

const schema = {
	properties: {
		trees: {
			type: 'integer',
			minimum: 1,
			maximum: 2000,
			default: 100,
			description: 'The `number` of trees.'
		},
		depth: { anyOf: [{ type: 'integer', minimum: 1, maximum: 64 }, { type: 'null' }], default: 10 },
		features: {
			anyOf: [
				{ type: 'string', enum: ['sqrt', 'log2'] },
				{ type: 'number', exclusiveMinimum: 0, maximum: 1 },
				{ type: 'null' }
			],
			default: 'sqrt'
		},
		weight: { anyOf: [{ type: 'string', const: 'balanced' }, { type: 'null' }], default: null },
		bootstrap: { type: 'boolean', default: true }
	}
};
const fields = Object.fromEntries(fieldsOf(schema).map((one) => [one.name, one]));

it('knows the kinds', () => {
	expect(fieldsOf(schema).map((one) => [one.name, one.kind, one.nullable])).toEqual([
		['trees', 'integer', false],
		['depth', 'integer', true],
		['features', 'mixed', true],
		['weight', 'choice', true],
		['bootstrap', 'boolean', false]
	]);
	expect(fields.trees?.help).toBe('The number of trees.');
});

it.each([
	['trees', '10', 10],
	['trees', '1.5', undefined],
	['trees', '0', undefined],
	['trees', '', undefined],
	['depth', '', null],
	['depth', '65', undefined],
	['features', 'log2', 'log2'],
	['features', '0,5', 0.5],
	['features', '0', undefined],
	['features', 'all', undefined],
	['weight', 'balanced', 'balanced'],
	['weight', '', null]
])('reads %s from %j', (name, typed, value) => {
	const field = fields[name];
	expect(field && parse(field, typed)).toBe(value);
});

it('writes what it reads', () => {
	expect([written(null), written(10), written('sqrt')]).toEqual(['', '10', 'sqrt']);
});
