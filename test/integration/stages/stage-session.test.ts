import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StageSpec } from '../../../src/core/stage.ts';
import { retryStageErrors } from '../../../src/ledger/stage-errors.ts';
import { countPending, hasPending } from '../../../src/ledger/work/backlog.ts';
import { recordPlaces } from '../../../src/ledger/work/places.ts';
import { type BatchResult, openStageLedger } from '../../../src/ledger/work/stage-session.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { filePhotos } from '../../support/filed-photos.ts';
import { createTempFolder, type TempFolder } from '../../support/temp-folder.ts';

const SPEC: StageSpec = { name: 'geocode', flag: 'is_geocoded', needsLocation: true, batchSize: 4 };
const WELL: BatchResult = { failures: [], record: async () => {} };
let database: TestDatabase;
let folder: TempFolder;
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await createTempFolder();
  await filePhotos(database, { storage: folder.path, count: 6 });
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const open = (maxAttempts = 3) => openStageLedger(database.address, SPEC, { maxAttempts });
const stateOf = async (id: string) =>
  (await database.sql`SELECT is_geocoded, has_errors, error_message FROM media_assets WHERE id = ${id}`)[0];

describe('a batch', () => {
  it('belongs to one worker: another claims what is left, and no asset twice', async () => {
    await using one = await open();
    await using two = await open();
    const seen: string[] = [];
    await one.workOnBatch(async (mine) => {
      seen.push(...mine.map(({ id }) => id));
      await two.workOnBatch(async (others) => {
        seen.push(...others.map(({ id }) => id));
        return WELL;
      });
      return WELL;
    });
    expect(seen.length).toBe(6);
    expect(new Set(seen).size).toBe(6);
    expect(await hasPending(database.db, SPEC)).toBe(false);
  });

  it('is free at once, and as it was, when its worker dies', async () => {
    const dying = await open();
    const died = dying.workOnBatch(async () => {
      await database.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'photo-factory geocode'`;
      return WELL;
    });
    await expect(died).rejects.toThrow();
    await dying[Symbol.asyncDispose]();
    expect(await countPending(database.db, SPEC)).toBe(6);
    await using next = await open();
    expect(await next.workOnBatch(async () => WELL)).toEqual({ claimed: 4, failed: 0 });
  });

  it('does not keep others from filing a duplicate of a photo in it', async () => {
    await using ledger = await open();
    await ledger.workOnBatch(async ([first]) => {
      await database.sql`
        INSERT INTO inbox_arrivals (path, device, inode, size_bytes, mtime_ns, ctime_ns, outcome, asset_id)
        VALUES ('/inbox/again.jpg', 1, 1, 1, 1, 1, 'duplicate', ${first?.id ?? null})`;
      return WELL;
    });
    expect(await countPending(database.db, SPEC)).toBe(2);
  });
});

describe('an asset that fails', () => {
  const failing =
    (message: string, isFinal = false) =>
    async (assets: readonly { readonly id: string }[]) => ({
      failures: assets.slice(0, 1).map(({ id }) => ({ assetId: id, code: 'NO_MAP', message, isFinal })),
      record: async () => {},
    });
  /** Lets its wait be over. */
  const wait = () => database.sql`UPDATE asset_errors SET next_at = now() - interval '1 s' WHERE next_at IS NOT NULL`;

  it('says why, waits, is tried again, and is set down after so many tries', async () => {
    await using ledger = await open(2);
    await ledger.workOnBatch(failing('There is no map.'));
    await ledger.workOnBatch(async () => WELL);
    const [error] = await database.sql`SELECT * FROM asset_errors`;
    expect(error).toMatchObject({ stage: 'geocode', code: 'NO_MAP', message: 'There is no map.', attempts: 1 });
    expect(await stateOf(error?.['asset_id'])).toEqual({
      is_geocoded: false,
      has_errors: true,
      error_message: 'There is no map.',
    });
    expect(await hasPending(database.db, SPEC)).toBe(false);

    await wait();
    await ledger.workOnBatch(failing('Still no map.'));
    expect((await database.sql`SELECT attempts, next_at, message FROM asset_errors`)[0]).toEqual({
      attempts: 2,
      next_at: null,
      message: 'Still no map.',
    });
    expect((await stateOf(error?.['asset_id']))?.['error_message']).toBe('Still no map.');
    expect(await retryStageErrors(database.db, { stage: 'geocode', ids: [] })).toBe(1);
    expect(await hasPending(database.db, SPEC)).toBe(true);
  });

  it('is no failure any more once it succeeds, and keeps the complaints of others', async () => {
    await using ledger = await open();
    await ledger.workOnBatch(failing('There is no map.'));
    const [error] = await database.sql`SELECT asset_id FROM asset_errors`;
    const id = error?.['asset_id'];
    await database.sql`UPDATE media_assets SET error_message = 'Its metadata is damaged. ' || error_message WHERE id = ${id}`;
    await wait();
    while ((await ledger.workOnBatch(async () => WELL)).claimed > 0);
    expect(await database.sql`SELECT 1 FROM asset_errors`).toHaveLength(0);
    expect(await stateOf(id)).toEqual({
      is_geocoded: true,
      has_errors: true,
      error_message: 'Its metadata is damaged.',
    });
    expect((await database.sql`SELECT 1 FROM media_assets WHERE has_errors`).length).toBe(1);
  });

  it('is not tried again when that cannot help', async () => {
    await using ledger = await open();
    await ledger.workOnBatch(failing('There never was one.', true));
    expect((await database.sql`SELECT next_at FROM asset_errors`)[0]).toEqual({ next_at: null });
  });
});

it('leaves a place alone that a person has corrected', async () => {
  await using ledger = await open();
  const [asset] = await database.sql`SELECT id FROM media_assets LIMIT 1`;
  const id = String(asset?.['id']);
  await database.sql`
    INSERT INTO asset_places (asset_id, city, country_code, dataset, is_locked)
    VALUES (${id}, 'Grandma’s', 'FR', 'by hand', true)`;
  await ledger.workOnBatch(async (assets) => ({
    failures: [],
    record: (session) =>
      recordPlaces(
        session,
        'GeoNames 2026-04-07',
        assets.map((each) => ({
          assetId: each.id,
          place: { city: 'Paris', region: null, countryCode: 'FR', distanceKm: 1 },
        })),
      ),
  }));
  const cities = await database.sql`SELECT city, is_locked FROM asset_places ORDER BY city`;
  expect(cities).toEqual([
    { city: 'Grandma’s', is_locked: true },
    ...Array.from({ length: 3 }, () => ({ city: 'Paris', is_locked: false })),
  ]);
});
