import { expect, it } from 'vitest';
import { frequent, OTHER } from './marks';

it('keeps what there is much of and gathers the rest', () => {
	expect(frequent(['b', 'a', 'a'], 3)).toEqual(['a', 'b']);
	expect(frequent(['c', 'a', 'a', 'b', 'b', 'd', 'a'], 3)).toEqual(['a', 'b', OTHER]);
	expect(frequent([], 3)).toEqual([]);
});
