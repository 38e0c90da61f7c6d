import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { type ArrivalFacts, saveArrival } from '../../../src/ledger/arrivals.ts';
import type { NewAsset } from '../../../src/ledger/assets.ts';
import { connect } from '../../../src/ledger/connect.ts';
import { openIngestLedger } from '../../../src/ledger/ingest-ledger.ts';
import { startRun } from '../../../src/ledger/runs.ts';
import { createTestDatabase } from '../../support/database.ts';
import { openWireProxy } from '../../support/faults/wire-proxy.ts';

const identity = { device: 2n ** 63n, inode: 2n ** 64n - 1n, sizeBytes: 5n, mtimeNs: -1n, ctimeNs: 10n ** 20n };

async function setUp() {
  const database = await createTestDatabase();
  const runId = await startRun(database.db, { command: 'ingest', mode: 'move', inboxDir: '/inbox' }, randomUUID());
  const asset: NewAsset = {
    fileHash: 'a'.repeat(64),
    originalName: 'a.jpg',
    originalPath: '/inbox/a.jpg',
    finalPath: '/storage/a.jpg',
    sizeBytes: 5n,
    capturedAt: '2024-05-06 07:08:09.123',
    capturedAtSource: 'ExifIFD:DateTimeOriginal',
    capturedUtcOffsetMinutes: 120,
    capturedAtConfidence: 'high',
    capturedZoneSource: 'tag',
    otherDates: [{ source: 'filename', at: '2024-05-06 00:00:00', offset: null }],
    device: 'apple iphone 12',
    companionKey: 'a',
    contentIdentifier: null,
    burstIdentifier: null,
    shotKey: '0123456789abcdef',
    embeddedVideo: { offset: 1, length: 4 },
    location: { lat: 1.5, lon: -2.5 },
    mediaType: 'image/jpeg',
    fileMtime: '2024-05-06T07:08:09.123456Z',
    problem: null,
    runId,
  };
  const arrival = { runId, path: '/inbox/a.jpg', identity, arrivalId: null, attempts: 1 };
  const arrivals = () =>
    database.sql`SELECT id, outcome, attempts, asset_id, release_pending, device, inode, ctime_ns, message FROM inbox_arrivals ORDER BY id`;
  const { recordStored } = openIngestLedger(database);
  return { database, recordStored, asset, arrival, arrivals };
}

it('writes asset and arrival together, whatever numbers a file system makes up', async () => {
  const { database, recordStored, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  const recorded = await recordStored({ asset, arrival, releasePending: true });
  if (recorded.kind !== 'recorded') throw new Error(recorded.kind);
  expect(
    await database.sql`SELECT id, location, captured_at::text, has_errors, other_dates FROM media_assets`,
  ).toMatchObject([
    { id: recorded.assetId, captured_at: '2024-05-06 07:08:09.123', has_errors: false, other_dates: asset.otherDates },
  ]);
  expect(await arrivals()).toMatchObject([
    {
      id: String(recorded.arrivalId),
      outcome: 'stored',
      asset_id: recorded.assetId,
      release_pending: true,
      device: String(2n ** 63n),
      inode: String(2n ** 64n - 1n),
      ctime_ns: String(10n ** 20n),
    },
  ]);
});

it('called again after its answer was lost, finds its own rows', async () => {
  const { database, recordStored, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  const first = await recordStored({ asset, arrival, releasePending: true });
  const arrivalId = first.kind === 'recorded' ? first.arrivalId : null;
  const again = await recordStored({ asset, arrival: { ...arrival, arrivalId }, releasePending: true });
  expect(again).toEqual(first);
  expect(await arrivals()).toHaveLength(1);
});

it('turns the row that an arrival has already into its success', async () => {
  const { database, recordStored, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  const arrivalId = await saveArrival(database.db, arrival, {
    outcome: 'failed',
    code: 'READ_FAILED',
    message: 'once',
  });
  const recorded = await recordStored({
    asset,
    arrival: { ...arrival, arrivalId, attempts: 2 },
    releasePending: false,
  });
  expect(recorded).toMatchObject({ kind: 'recorded', arrivalId });
  expect(await arrivals()).toMatchObject([{ outcome: 'stored', attempts: 2, message: null }]);
});

it('writes an arrival anew when somebody deleted its row', async () => {
  const { database, recordStored, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  const recorded = await recordStored({
    asset,
    arrival: { ...arrival, arrivalId: 999n },
    releasePending: true,
  });
  expect(recorded.kind).toBe('recorded');
  expect(await arrivals()).toMatchObject([{ outcome: 'stored', release_pending: true }]);
});

it('says who has the content, or that the path is taken, and writes nothing', async () => {
  const { database, recordStored, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  await recordStored({ asset, arrival, releasePending: true });
  const elsewhere = { ...asset, finalPath: '/storage/b.jpg' };
  expect(await recordStored({ asset: elsewhere, arrival, releasePending: true })).toMatchObject({
    kind: 'duplicate',
    asset: { finalPath: '/storage/a.jpg' },
  });
  const other = { ...asset, fileHash: 'b'.repeat(64) };
  expect(await recordStored({ asset: other, arrival, releasePending: true })).toEqual({ kind: 'path taken' });
  expect(await arrivals()).toHaveLength(1);
});

/** Photos that are recorded at once: the first goes alone, all others share the next statement. */
function manyOf(asset: NewAsset, arrival: ArrivalFacts, count: number) {
  return Array.from({ length: count }, (_, n) => ({
    asset: { ...asset, fileHash: String(n).padStart(64, '0'), finalPath: `/storage/${n}.jpg` },
    arrival: { ...arrival, path: `/inbox/${n}.jpg` },
    releasePending: true,
  }));
}

it('records many at once, each with its own arrival', async () => {
  const { database, recordStored, asset, arrival } = await setUp();
  await using _ = database;
  const files = manyOf(asset, arrival, 40);
  const failed = { outcome: 'failed', code: 'READ_FAILED', message: 'once' } as const;
  const retried = await saveArrival(database.db, { ...arrival, path: '/inbox/7.jpg' }, failed);
  const ends = await Promise.all(
    files.map((file, n) =>
      recordStored(n === 7 ? { ...file, arrival: { ...file.arrival, arrivalId: retried, attempts: 2 } } : file),
    ),
  );
  expect(ends.map(({ kind }) => kind)).toEqual(files.map(() => 'recorded'));
  expect(ends[7]).toMatchObject({ arrivalId: retried });
  const rows = await database.sql`
    SELECT asset.id AS "assetId", arrival.id AS "arrivalId", arrival.path, asset.final_path, arrival.file_hash
    FROM inbox_arrivals AS arrival JOIN media_assets AS asset ON asset.id = arrival.asset_id`;
  expect(rows).toHaveLength(40);
  for (const [n, { asset: mine, arrival: from }] of files.entries()) {
    const row = rows.find(({ path }) => path === from.path);
    expect(row).toMatchObject({ final_path: mine.finalPath, file_hash: mine.fileHash });
    expect(ends[n]).toMatchObject({ assetId: row?.['assetId'], arrivalId: BigInt(row?.['arrivalId']) });
  }
});

it('tells apart who of many came too late', async () => {
  const { database, recordStored, asset, arrival } = await setUp();
  await using _ = database;
  const [first, twin, namesake, other] = manyOf(asset, arrival, 4);
  if (first === undefined || twin === undefined || namesake === undefined || other === undefined)
    throw new Error('few');
  await recordStored(first);
  const ends = await Promise.all([
    recordStored(other), // alone
    recordStored({ ...twin, asset: { ...twin.asset, fileHash: first.asset.fileHash } }),
    recordStored({ ...namesake, asset: { ...namesake.asset, finalPath: first.asset.finalPath } }),
  ]);
  expect(ends.map(({ kind }) => kind)).toEqual(['recorded', 'duplicate', 'path taken']);
});

it('records the others of a batch when the database refuses one of them', async () => {
  const { database, recordStored, asset, arrival } = await setUp();
  await using _ = database;
  const files = manyOf(asset, arrival, 5);
  const refused = await Promise.allSettled(
    files.map((file, n) => recordStored(n === 3 ? { ...file, asset: { ...file.asset, sizeBytes: -1n } } : file)),
  );
  expect(refused.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(await database.sql`SELECT count(*)::int AS count FROM inbox_arrivals`).toEqual([{ count: 4 }]);
});

it('records each of a batch alone when the statement that they share is cancelled', async () => {
  const { database, asset, arrival } = await setUp();
  await using _ = database;
  await using proxy = await openWireProxy(database.address);
  await using connection = connect(proxy.address, { max: 4, applicationName: 'photo-factory', answerMs: 20_000 });
  let asked = 0;
  proxy.onQuery = (sql) => {
    if (!sql.includes('INSERT INTO media_assets')) return null;
    asked += 1;
    return asked === 1 ? { kind: 'error', sqlState: '57014' } : null;
  };
  const { recordStored } = openIngestLedger(connection);
  const ends = await Promise.all(manyOf(asset, arrival, 5).map(recordStored));
  expect(ends.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'recorded'));
  expect(asked).toBe(6);
  expect(await database.sql`SELECT count(*)::int AS count FROM inbox_arrivals`).toEqual([{ count: 5 }]);
});
