import { expect, it } from 'vitest';
import { parseSlice } from '../../../src/core/slice.ts';

it.each([
  ['5%', { kind: 'share', share: 0.05 }],
  ['100 %', { kind: 'share', share: 1 }],
  ['2h', { kind: 'hours', hours: 2 }],
  ['0.5H', { kind: 'hours', hours: 0.5 }],
  ['50GB', { kind: 'bytes', bytes: 50e9 }],
])('reads %s', (text, slice) => expect(parseSlice(text)).toEqual(slice));

it.each(['', '5', '0%', '101%', '-1h', '5MB', '1e3GB', 'h'])('takes %j for no part of a library', (text) =>
  expect(parseSlice(text)).toBeNull(),
);
