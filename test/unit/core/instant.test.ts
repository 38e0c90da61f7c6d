import { expect, it } from 'vitest';
import { toInstantText } from '../../../src/core/instant.ts';

it('writes a file time as UTC to the microsecond, cutting off the rest', () => {
  expect(toInstantText(1_714_979_289_123_456_789n)).toBe('2024-05-06T07:08:09.123456Z');
  expect(toInstantText(0n)).toBe('1970-01-01T00:00:00.000000Z');
  expect(toInstantText(-1n)).toBe('1969-12-31T23:59:59.999999Z');
});

it('keeps what broken clocks write within the years that PostgreSQL reads', () => {
  expect(toInstantText(10n ** 30n)).toBe('9999-12-31T23:59:59.999999Z');
  expect(toInstantText(-(10n ** 30n))).toBe('0001-01-01T00:00:00.000000Z');
});
