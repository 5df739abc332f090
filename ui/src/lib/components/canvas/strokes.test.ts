import { describe, expect, it } from 'vitest';
import { extended, type Stroke, trace, type Way } from './strokes';

function ways(stroke: Stroke, side = 100): string[] {
	const said: string[] = [];
	const note =
		(name: string) =>
		(...numbers: number[]) =>
			said.push(`${name} ${numbers.map((one) => Math.round(one)).join(',')}`);
	trace(
		{
			moveTo: note('move'),
			lineTo: note('line'),
			quadraticCurveTo: note('curve')
		} as unknown as Way,
		stroke,
		side
	);
	return said;
}

describe('a stroke', () => {
	it('of one tap is a dot', () => {
		expect(ways([{ x: 0.5, y: 0.5 }])).toEqual(['move 50,50', 'line 50,50']);
	});
	it('bends between its points and ends where the hand ended', () => {
		const stroke = [
			{ x: 0, y: 0 },
			{ x: 1, y: 0 },
			{ x: 1, y: 1 }
		];
		expect(ways(stroke)).toEqual(['move 0,0', 'curve 100,0,100,50', 'line 100,100']);
	});
	it('of nothing draws nothing', () => {
		expect(ways([])).toEqual([]);
	});
	it('does not grow while the hand rests', () => {
		const stroke = [{ x: 0.3, y: 0.3 }];
		expect(extended(stroke, { x: 0.3005, y: 0.3 })).toBe(stroke);
		expect(extended(stroke, { x: 0.31, y: 0.3 })).toHaveLength(2);
	});
});
