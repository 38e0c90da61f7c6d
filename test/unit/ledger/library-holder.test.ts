import { expect, test } from 'vitest';
import { describeSession, nameSession } from '../../../src/ledger/library-holder.ts';

test('a session’s name tells again who it is', () => {
  const name = nameSession({ command: 'ingest', pid: 42, host: 'nas.local' });
  expect(describeSession(name, '2023-12-25 18:00')).toBe(
    '"photo-factory ingest" (process 42 on nas.local, since 2023-12-25 18:00 UTC)',
  );
});

test.for(['höst with spaces\n', 'h'.repeat(300), '写真'])('a host named %j fits into what PostgreSQL keeps', (host) => {
  const name = nameSession({ command: 'start', pid: 4_194_304, host });
  expect(name).toMatch(/^[\x20-\x7e]{1,63}$/);
  expect(describeSession(name, null)).toMatch(/^"photo-factory start" \(process 4194304 on \S+\)$/);
});

test('a session of somebody else is called by its own name, or said to have none', () => {
  expect(describeSession('psql', null)).toBe('another program (psql)');
  expect(describeSession('', null)).toBe('another program (it gives no name)');
  expect(describeSession(null, '2023-12-25 18:00')).toBe(
    'another program (it gives no name, since 2023-12-25 18:00 UTC)',
  );
});
