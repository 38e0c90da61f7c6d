import { expect, test } from 'vitest';
import { decideDatabaseReport, decideServiceColour, type ServiceStatus } from '../../../src/core/service-health.ts';

test.for<[ServiceStatus, number, string]>([
  ['OK', 0, 'green'],
  ['OK', 60, 'green'],
  ['OK', 60.000001, 'yellow'],
  ['OK', 180, 'yellow'],
  ['OK', 180.000001, 'red'],
  ['OK', -5, 'green'],
  ['OK', Number.NaN, 'red'],
  ['OK', Number.POSITIVE_INFINITY, 'red'],
  ['WARNING', 0, 'yellow'],
  ['WARNING', 180, 'yellow'],
  ['WARNING', 181, 'red'],
  ['ERROR', 0, 'red'],
])('%s, heard %d s ago, is %s light', ([status, ageSeconds, colour]) => {
  expect(decideServiceColour(status, ageSeconds)).toBe(colour);
});

test('a slow database is a warning, with how slow', () => {
  expect(decideDatabaseReport(1000)).toEqual({ status: 'OK', currentTask: 'Database check: answered in 1000 ms' });
  expect(decideDatabaseReport(1001)).toEqual({
    status: 'WARNING',
    currentTask: 'Database check: answered in 1001 ms, which is slow',
  });
});
