import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { FileIdentity } from '../../../src/core/inbox-file.ts';
import { saveArrival } from '../../../src/ledger/arrivals.ts';
import { connect } from '../../../src/ledger/connect.ts';
import { findLastArrivals } from '../../../src/ledger/last-arrivals.ts';
import { startRun } from '../../../src/ledger/runs.ts';
import { createTestDatabase } from '../../support/database.ts';
import { anAsset } from '../../support/ledger-rows.ts';

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

it('tells of every arrival what was written down, whether it is one of many that are well or has something to be said', async () => {
  await using database = await createTestDatabase();
  const runId = await startRun(database.db, { command: 'ingest', mode: 'copy', inboxDir: '/inbox' }, randomUUID());
  const [asset] = await database.sql<
    { id: string }[]
  >`INSERT INTO media_assets ${database.sql(anAsset())} RETURNING id`;
  const assetId = asset?.id ?? '';
  const stored = { outcome: 'stored', assetId } as const;
  const attempts = (given: number) => ({ attempts: given });
  const cases = [
    [stored, attempts(1)],
    [stored, attempts(1)],
    [{ ...stored, message: 'It “says” so,\n\\ and \u{1f642}' }, attempts(1)],
    [{ ...stored, code: 'RELEASE_FAILED', releasePending: true }, attempts(1)],
    [{ ...stored, releasePending: true }, attempts(1)],
    [stored, attempts(3)],
    [{ outcome: 'stored' }, attempts(1)], // somebody deleted its asset
    [{ outcome: 'duplicate', assetId }, attempts(1)],
    [{ outcome: 'failed', code: 'READ_FAILED' }, attempts(2)],
  ] as const;
  const files = cases.map((_, n) => ({
    path: `/inbox/${n}.jpg`,
    identity: { ...USUAL, inode: 2n ** 60n + BigInt(n) },
  }));
  const ids: bigint[] = [];
  for (const [n, [outcome, facts]] of cases.entries()) {
    const [file = { path: '', identity: USUAL }] = files.slice(n);
    ids.push(await saveArrival(database.db, { runId, ...file, arrivalId: null, ...facts }, outcome));
  }
  await database.sql`UPDATE inbox_arrivals SET last_seen_at = last_seen_at - interval '100 seconds'`;
  const found = await findLastArrivals(database.sql, files);
  expect([...found.keys()].toSorted()).toEqual(files.map(({ path }) => path));
  for (const [n, [outcome, facts]] of cases.entries()) {
    const { path, identity } = files[n] ?? { path: '', identity: USUAL };
    const said = { code: null, message: null, assetId: null, releasePending: false, isHeld: false, hasPhotoNow: false };
    expect(found.get(path)).toEqual({
      ...said,
      ...facts,
      ...outcome,
      id: ids[n],
      identity,
      ageSeconds: expect.any(Number),
    });
    expect(found.get(path)?.ageSeconds).toBeGreaterThan(100);
  }
});

it('looks for paths by their index, also in a large ledger of which the server has no statistics', async () => {
  await using database = await createTestDatabase();
  const runId = await startRun(database.db, { command: 'ingest', mode: 'copy', inboxDir: '/inbox' }, randomUUID());
  const arrivals = 60_000;
  await database.sql`
    INSERT INTO inbox_arrivals (run_id, path, device, inode, size_bytes, mtime_ns, ctime_ns, outcome)
    SELECT ${runId}::uuid, '/inbox/' || n || '.jpg', 1, n, 3, 4, 5, 'deferred' FROM generate_series(1, ${arrivals}::int) AS n`;
  const fresh = Array.from({ length: 100 }, (_, n) => ({ path: `/inbox/new-${n}.jpg`, identity: USUAL }));
  // One session, so that its own figures are there at once.
  await using session = connect(database.address, { max: 1, applicationName: 'test' });
  await session.sql`BEGIN`;
  // Often enough for the server to keep a plan.
  for (let time = 0; time < 7; time += 1) expect((await findLastArrivals(session.sql, fresh)).size).toBe(0);
  for (const { path, identity } of fresh)
    await saveArrival(session.db, { runId, path, identity, arrivalId: null, attempts: 1 }, { outcome: 'ignored' });
  const [read] = await session.sql<{ rows: number }[]>`
    SELECT (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int AS rows
    FROM pg_stat_xact_user_tables WHERE relname = 'inbox_arrivals'`;
  await session.sql`ROLLBACK`;
  expect(read?.rows).toBeLessThan(arrivals / 10);
});
