import { expect, it } from 'vitest';
import { isDriverBug } from '../../../src/ledger/driver-bug.ts';

const at = (line: string) => Object.assign(new TypeError('null'), { stack: `TypeError: null\n    at ${line}` });

it.each(['node_modules/postgres/src/connection.js:255:22', 'dist/chunk-YVKVKQJ2.mjs:780:14'])(
  'knows the driver’s own mistake on a connection that was cut, in %s',
  (place) => {
    expect(isDriverBug(at(`Immediate.nextWrite (file:///app/${place})`))).toBe(true);
  },
);

it('takes nothing else for it', () => {
  expect(isDriverBug(at('nextWrite (file:///app/src/other.ts:1:1)'))).toBe(false);
  expect(isDriverBug(Object.assign(new Error('no'), { code: '23505' }))).toBe(false);
  // A query that nobody waits for is ours to find.
  expect(isDriverBug(Object.assign(new Error('gone'), { code: 'CONNECTION_DESTROYED' }))).toBe(false);
  expect(isDriverBug(new TypeError('x is not a function'))).toBe(false);
});
