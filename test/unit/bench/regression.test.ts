import { describe, expect, test } from 'vitest';
import { isReached } from '../../../bench/figures/figure.ts';
import { findDisturbance, judge } from '../../../bench/figures/regression.ts';

const steady = { median: 2, spread: 0.05 };

describe('comparing with the baseline', () => {
  test('more than the noise is worse, less is not', () => {
    expect(judge({ rounds: [2.4, 2.4, 2.4], better: 'less' }, steady, false)).toMatchObject({ kind: 'worse' });
    expect(judge({ rounds: [2.2, 2.2, 2.2], better: 'less' }, steady, false)).toMatchObject({ kind: 'same' });
  });

  test('where more is better, less is worse', () => {
    expect(judge({ rounds: [1.6], better: 'more' }, steady, false)).toMatchObject({ kind: 'worse' });
    expect(judge({ rounds: [2.6], better: 'more' }, steady, false)).toMatchObject({ kind: 'better' });
  });

  test('being so much better is told, so that the baseline follows', () => {
    expect(judge({ rounds: [1.5], better: 'less' }, steady, false)).toMatchObject({ kind: 'better' });
    expect(judge({ rounds: [1.9], better: 'less' }, steady, false)).toMatchObject({ kind: 'same' });
  });

  test('twice as much is within the noise of rounds that vary that much, now or in the baseline', () => {
    expect(judge({ rounds: [2, 3, 6], better: 'less' }, steady, false)).toMatchObject({ kind: 'same' });
    expect(judge({ rounds: [3.9], better: 'less' }, { median: 2, spread: 1 }, false)).toMatchObject({ kind: 'same' });
  });

  test('of a busy machine, only what others hardly change is compared', () => {
    expect(judge({ rounds: [9], better: 'less' }, steady, true)).toEqual({ kind: 'too noisy to tell' });
    expect(judge({ rounds: [9], better: 'less', isSteady: true }, steady, true)).toMatchObject({ kind: 'worse' });
  });

  test('what the baseline does not know is new', () => {
    expect(judge({ rounds: [9], better: 'less' }, undefined, false)).toEqual({ kind: 'new' });
  });
});

describe('what disturbs', () => {
  test('is a floor that varies by more than half, or another program that uses more than some of a core', () => {
    expect(findDisturbance({ floorSpread: 0.4, othersCores: 0.2 })).toBe(null);
    expect(findDisturbance({ floorSpread: null, othersCores: null })).toBe(null);
    expect(findDisturbance({ floorSpread: 0.6, othersCores: 0 })).toContain('60 %');
    expect(findDisturbance({ floorSpread: 0, othersCores: 1.5 })).toContain('1.5 cores');
  });
});

describe('targets', () => {
  test('are reached by the median round', () => {
    expect(isReached({ rounds: [1, 1.3, 9], target: { atMost: 1.3 } })).toBe(true);
    expect(isReached({ rounds: [1.4], target: { atMost: 1.3 } })).toBe(false);
    expect(isReached({ rounds: [9.9], target: { atLeast: 10 } })).toBe(false);
    expect(isReached({ rounds: [10], target: { atLeast: 10 } })).toBe(true);
    expect(isReached({ rounds: [1], target: null })).toBe(null);
  });
});
