import { expect, it } from 'vitest';
import { adviseOnDatabase, isDatabaseAway } from '../../../src/core/database-advice.ts';

it.each(['ECONNREFUSED', 'ENOTFOUND', 'CONNECT_TIMEOUT', '28P01', '3D000', '53300', '57P03', 'XX000', null])(
  'has advice on %s',
  (code) => {
    expect(adviseOnDatabase(code)).toMatch(/^[A-Z].*[.?…]$/);
  },
);

it.each([
  ['57P01', true],
  ['08006', true],
  ['53300', true],
  ['25006', true],
  ['57014', true],
  ['CONNECTION_CLOSED', true],
  ['ECONNREFUSED', true],
  ['ECONNRESET', true],
  ['42P01', false], // a table that is not there is a bug, not an outage
  ['23505', false],
  ['ENOENT', false],
  ['EACCES', false],
  [null, false],
])('takes %s for an outage: %s', (code, isAway) => {
  expect(isDatabaseAway(code)).toBe(isAway);
});
