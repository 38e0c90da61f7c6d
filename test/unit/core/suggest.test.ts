import { expect, it } from 'vitest';
import { suggest } from '../../../src/core/suggest.ts';

const NAMES = ['PHOTOS_INBOX', 'STORAGE_DIR', 'SETTLE_MS'];

it.each([
  ['PHOTO_INBOX', 'PHOTOS_INBOX'],
  ['STORAGEDIR', 'STORAGE_DIR'],
  ['settle_ms', 'SETTLE_MS'],
  ['SETLE_MS', 'SETTLE_MS'],
  ['OTHER', null],
  ['', null],
])('takes %j for %j', (given, meant) => {
  expect(suggest(given, NAMES)).toBe(meant);
});
