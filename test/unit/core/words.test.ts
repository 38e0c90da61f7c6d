import { expect, it } from 'vitest';
import { ageInWords, bytesInWords, durationInWords, instantInWords, plural } from '../../../src/core/words.ts';

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [999.7, '1.0 kB'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9950, '10 kB'],
  [4_200_000, '4.2 MB'],
  [999_499_999, '999 MB'],
  [999_500_000, '1.0 GB'],
  [128e9, '128 GB'],
  [5e18, '5000 PB'],
])('%d bytes are %s', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words);
});

it.each([
  [0, '0 s'],
  [-5, '0 s'],
  [59.4, '59 s'],
  [60, '1 min'],
  [125, '2 min 5 s'],
  [3600, '1 h'],
  [3660, '1 h 1 min'],
  [90_000, '1 d 1 h'],
])('%d seconds are %s', (seconds, words) => {
  expect(durationInWords(seconds)).toBe(words);
});

it('speaks of one and of many', () => {
  expect([plural(1, 'file'), plural(0, 'file'), plural(12_345, 'file')]).toEqual(['1 file', '0 files', '12,345 files']);
  expect(plural(2, 'migration is', 'migrations are')).toBe('2 migrations are');
});

it('says how long ago', () => {
  expect([ageInWords(0.4), ageInWords(-3), ageInWords(5)]).toEqual(['just now', 'just now', '5 s ago']);
});

it('shows an instant on the clock of a zone', () => {
  expect(instantInWords('2026-11-20T23:30:00Z', 'Europe/Berlin')).toBe('2026-11-21 00:30');
});
