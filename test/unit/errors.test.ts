import { expect, it } from 'vitest';
import { FactoryError, systemCodeOf } from '../../src/errors.ts';

it('finds what the system said below a failure of ours', () => {
  const cause = Object.assign(new Error('no space'), { code: 'ENOSPC' });
  expect(systemCodeOf(new FactoryError('PLACE_FAILED', {}, cause))).toBe('ENOSPC');
  expect(systemCodeOf(new FactoryError('PLACE_FAILED'))).toBeNull();
});

it('does not take a database socket that is not there for a file that is gone', () => {
  const noFile = Object.assign(new Error('no file'), { code: 'ENOENT', syscall: 'open' });
  const noSocket = Object.assign(new Error('no socket'), { code: 'ENOENT', syscall: 'connect' });
  expect(systemCodeOf(noFile)).toBe('ENOENT');
  expect(systemCodeOf(noSocket)).toBe('ECONNREFUSED');
});
