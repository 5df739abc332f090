import { expect, it } from 'vitest';
import { best, inOrder } from './metrics';

it('puts the figures that matter first', () => {
	expect(inOrder(['zeta', 'log_loss', 'accuracy'])).toEqual(['accuracy', 'log_loss', 'zeta']);
});

it('knows which way is better', () => {
	expect([...best('accuracy', [0.8, 0.9, undefined])]).toEqual([1]);
	expect([...best('log_loss', [0.4, 0.5])]).toEqual([0]);
});

it('praises nobody where all are alike', () => {
	expect(best('accuracy', [0.8, 0.8]).size).toBe(0);
});
