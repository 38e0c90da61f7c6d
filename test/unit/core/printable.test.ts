import { expect, it } from 'vitest';
import { printable } from '../../../src/core/printable.ts';

it.each([
  ['IMG_0001.jpg', 'IMG_0001.jpg'],
  ['a\nb\tc\r', 'a\\nb\\tc\\r'],
  ['\x1b[2J\x07', '\\x1b[2J\\x07'],
  ['\u009b31m', '\\x9b31m'],
  ['gpj.\u202eexe', 'gpj.\\u202eexe'],
  ['\ud800', '\\ud800'],
  ['日本 café é 👩‍👩‍👧 -@"\'', '日本 café é 👩‍👩‍👧 -@"\''],
])('shows %j as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});
