import { expect, it } from 'vitest';
import { squaresOf } from './squares';

it('reads where a square lies', () => {
	expect(squaresOf([{ name: 'x 4–7, y 0–3', mean: 0.2, standard_deviation: 0.1 }])).toEqual([
		{ left: 4, top: 0, width: 4, height: 4, mean: 0.2, deviation: 0.1 }
	]);
});

it('takes columns for columns', () => {
	expect(squaresOf([{ name: 'Age', mean: 1 }])).toBeUndefined();
	expect(squaresOf([])).toBeUndefined();
});
