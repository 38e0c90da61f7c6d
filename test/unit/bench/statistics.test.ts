import { describe, expect, test } from 'vitest';
import { medianOf, percentileOf, ratiosOf, spreadOf } from '../../../bench/figures/statistics.ts';

describe('statistics of rounds', () => {
  test('the median is the middle round, or half-way between the two in the middle, in whatever order they came', () => {
    expect(medianOf([9, 1, 5])).toBe(5);
    expect(medianOf([10, 1, 2, 4])).toBe(3);
    expect(medianOf([])).toBeNaN();
  });

  test('the spread is relative, and none of a single round', () => {
    expect(spreadOf([8, 10, 12])).toBeCloseTo(0.4);
    expect(spreadOf([7])).toBe(0);
  });

  test('a percentile is a value that was measured', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentileOf(values, 0.5)).toBe(50);
    expect(percentileOf(values, 0.95)).toBe(95);
    expect(percentileOf([3], 0.95)).toBe(3);
    expect(percentileOf([1, 2, 3], 0)).toBe(1);
  });

  test('each round is compared with the floor of that round', () => {
    expect(ratiosOf([20, 40], [10, 20])).toEqual([2, 2]);
  });
});
