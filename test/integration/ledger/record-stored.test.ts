import { expect, it } from 'vitest';
import { saveArrival } from '../../../src/ledger/arrivals.ts';
import type { NewAsset } from '../../../src/ledger/assets.ts';
import { recordStored } from '../../../src/ledger/record-stored.ts';
import { startRun } from '../../../src/ledger/runs.ts';
import { createTestDatabase } from '../../support/database.ts';

const identity = { device: 2n ** 63n, inode: 2n ** 64n - 1n, sizeBytes: 5n, mtimeNs: -1n, ctimeNs: 10n ** 20n };

async function setUp() {
  const database = await createTestDatabase();
  const runId = await startRun(database.db, { command: 'ingest', mode: 'move', inboxDir: '/inbox' });
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
    location: { lat: 1.5, lon: -2.5 },
    mediaType: 'image/jpeg',
    fileMtime: '2024-05-06T07:08:09.123456Z',
    problem: null,
    runId,
  };
  const arrival = { runId, path: '/inbox/a.jpg', identity, arrivalId: null, attempts: 1 };
  const arrivals = () =>
    database.sql`SELECT id, outcome, attempts, asset_id, release_pending, device, inode, ctime_ns, message FROM inbox_arrivals ORDER BY id`;
  return { database, asset, arrival, arrivals };
}

it('writes asset and arrival together, whatever numbers a file system makes up', async () => {
  const { database, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  const recorded = await recordStored(database, { asset, arrival, releasePending: true });
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
  const { database, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  const first = await recordStored(database, { asset, arrival, releasePending: true });
  const arrivalId = first.kind === 'recorded' ? first.arrivalId : null;
  const again = await recordStored(database, { asset, arrival: { ...arrival, arrivalId }, releasePending: true });
  expect(again).toEqual(first);
  expect(await arrivals()).toHaveLength(1);
});

it('turns the row that an arrival has already into its success', async () => {
  const { database, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  const arrivalId = await saveArrival(database.db, arrival, {
    outcome: 'failed',
    code: 'READ_FAILED',
    message: 'once',
  });
  const recorded = await recordStored(database, {
    asset,
    arrival: { ...arrival, arrivalId, attempts: 2 },
    releasePending: false,
  });
  expect(recorded).toMatchObject({ kind: 'recorded', arrivalId });
  expect(await arrivals()).toMatchObject([{ outcome: 'stored', attempts: 2, message: null }]);
});

it('writes an arrival anew when somebody deleted its row', async () => {
  const { database, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  const recorded = await recordStored(database, {
    asset,
    arrival: { ...arrival, arrivalId: 999n },
    releasePending: true,
  });
  expect(recorded.kind).toBe('recorded');
  expect(await arrivals()).toMatchObject([{ outcome: 'stored', release_pending: true }]);
});

it('says who has the content, or that the path is taken, and writes nothing', async () => {
  const { database, asset, arrival, arrivals } = await setUp();
  await using _ = database;
  await recordStored(database, { asset, arrival, releasePending: true });
  const elsewhere = { ...asset, finalPath: '/storage/b.jpg' };
  expect(await recordStored(database, { asset: elsewhere, arrival, releasePending: true })).toMatchObject({
    kind: 'duplicate',
    asset: { finalPath: '/storage/a.jpg' },
  });
  const other = { ...asset, fileHash: 'b'.repeat(64) };
  expect(await recordStored(database, { asset: other, arrival, releasePending: true })).toEqual({ kind: 'path taken' });
  expect(await arrivals()).toHaveLength(1);
});
