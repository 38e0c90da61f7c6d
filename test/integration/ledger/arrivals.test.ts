import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { FileIdentity } from '../../../src/core/inbox-file.ts';
import { findLastArrivals, saveArrival } from '../../../src/ledger/arrivals.ts';
import { startRun } from '../../../src/ledger/runs.ts';
import { createTestDatabase } from '../../support/database.ts';

const USUAL: FileIdentity = { device: 1n, inode: 2n, sizeBytes: 3n, mtimeNs: 4n, ctimeNs: 5n };
const ODD: FileIdentity = {
  device: 2n ** 63n,
  inode: 2n ** 64n - 1n,
  sizeBytes: 2n ** 62n,
  mtimeNs: -(10n ** 20n),
  ctimeNs: 10n ** 20n,
};

it.each([
  ['usual numbers', USUAL],
  ['numbers that do not fit a bigint', ODD],
])('remembers the identity that was written down, whatever one the file has by now: %s', async (_, identity) => {
  await using database = await createTestDatabase();
  const runId = await startRun(database.db, { command: 'ingest', mode: 'copy', inboxDir: '/inbox' }, randomUUID());
  const save = (path: string, of: FileIdentity) =>
    saveArrival(database.db, { runId, path, identity: of, arrivalId: null, attempts: 1 }, { outcome: 'deferred' });
  await save('/inbox/a.jpg', { ...identity, sizeBytes: 7n }); // an earlier file of that name
  await save('/inbox/a.jpg', identity);
  await save('/inbox/b.jpg', identity);
  const fields = ['device', 'inode', 'sizeBytes', 'mtimeNs', 'ctimeNs'] as const;
  const changed = fields.flatMap((field) => [-1n, 1n].map((by) => ({ ...identity, [field]: identity[field] + by })));
  for (const now of [identity, ...changed, USUAL, ODD]) {
    const found = await findLastArrivals(database.sql, [
      { path: '/inbox/new.jpg', identity: now },
      { path: '/inbox/a.jpg', identity: now },
      { path: '/inbox/b.jpg', identity },
    ]);
    expect([...found.keys()]).toEqual(['/inbox/a.jpg', '/inbox/b.jpg']);
    expect(found.get('/inbox/a.jpg')).toMatchObject({ identity, outcome: 'deferred', attempts: 1, isHeld: false });
    expect(found.get('/inbox/b.jpg')?.identity).toEqual(identity);
  }
});
