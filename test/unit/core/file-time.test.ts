import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSameTime, secondsForUtimes } from '../../../src/core/file-time.ts';

/** What libuv sets when it is told so many seconds (uv__fs_to_timespec). */
function setNs(text: string): bigint {
  const seconds = Number(text);
  const whole = Math.trunc(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(Math.trunc((seconds - whole) * 1e9));
}

const floorUs = (ns: bigint) => (ns - (((ns % 1000n) + 1000n) % 1000n)) / 1000n;

it('names every microsecond from 1900 to 2200 exactly', () => {
  const ns = fc.bigInt({ min: -2_208_988_800n * 1_000_000_000n, max: 7_258_118_400n * 1_000_000_000n });
  fc.assert(
    fc.property(ns, fc.boolean(), (any, isWhole) => {
      const time = isWhole ? any - (any % 1_000_000n) : any; // phones write whole milliseconds
      expect(floorUs(setNs(secondsForUtimes(time)))).toBe(floorUs(time));
    }),
    { numRuns: 2000 },
  );
});

it('does not lose the microsecond that the nearest number would', () => {
  expect(setNs('1703504096.123')).toBe(1_703_504_096_122_999_906n);
  expect(floorUs(setNs(secondsForUtimes(1_703_504_096_123_000_000n)))).toBe(1_703_504_096_123_000n);
});

it('takes a microsecond for the same time, and no more', () => {
  expect(isSameTime(1_000_000n, 1_000_999n)).toBe(true);
  expect(isSameTime(1_000_999n, 1_000_000n)).toBe(true);
  expect(isSameTime(1_000_000n, 1_001_000n)).toBe(false);
});
