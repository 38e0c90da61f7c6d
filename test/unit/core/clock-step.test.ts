import { expect, it } from 'vitest';
import { createStepWatch } from '../../../src/core/clock-step.ts';

it.each([3_600_000, -3_600_000, 300])('notices a clock that was set by %d ms, for a while', (byMs) => {
  const wasSet = createStepWatch(2000);
  expect(wasSet(1_000_000, 0)).toBe(false);
  expect(wasSet(1_000_000 + 500, 500)).toBe(false);
  expect(wasSet(1_000_000 + 1000 + byMs, 1000)).toBe(true);
  expect(wasSet(1_000_000 + 2999 + byMs, 2999)).toBe(true);
  expect(wasSet(1_000_000 + 3000 + byMs, 3000)).toBe(false);
});

it('takes a clock that is led to the right time slowly for one that goes on', () => {
  const wasSet = createStepWatch(2000);
  for (let n = 0; n < 1000; n += 1) expect(wasSet(1_000_000 + n * 1100, n * 1000)).toBe(false);
});
