import { expect, it } from 'vitest';
import { decideOutage } from '../../../src/core/outage.ts';

it.each([
  '57P01',
  '57P03',
  '25006',
  '57014',
  '55P03',
  '40001',
  '08006',
  '53100',
  '53200',
  '53300',
  '28P01',
  '3D000',
  'EHOSTUNREACH',
  'CONNECTION_CLOSED',
  'ECONNREFUSED',
  'ECONNRESET',
])('%s: the database is away', (code) => {
  expect(decideOutage(code, null)).toBe('database');
});

it.each(['ENOSPC', 'EROFS', 'EDQUOT', 'ESTALE'])('%s while placing: the storage is away', (code) => {
  expect(decideOutage(code, 'PLACE_FAILED')).toBe('storage');
});

it('counts a storage that is not ours as away', () => {
  expect(decideOutage(null, 'STORAGE_MISMATCH')).toBe('storage');
});

it.each(['23514', '22P02', 'EIO', 'EACCES', 'ENOENT', null])('%s is the file’s own trouble', (code) => {
  expect(decideOutage(code, 'PLACE_FAILED')).toBeNull();
});
