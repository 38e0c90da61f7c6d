import { expect, it } from 'vitest';
import { findNeighbourOffset } from '../../../src/ledger/neighbour-offset.ts';
import { createTestDatabase } from '../../support/database.ts';
import { anAsset } from '../../support/ledger-rows.ts';

async function withPhotos(photos: readonly Record<string, string | number>[]) {
  const database = await createTestDatabase();
  const rows = photos.map((photo, number) => ({
    ...anAsset(number),
    device: 'apple iphone 12',
    captured_utc_offset_minutes: 540,
    captured_zone_source: 'tag',
    ...photo,
  }));
  await database.sql`INSERT INTO media_assets ${database.sql(rows)}`;
  const ask = (wallClock: string, offsetMinutes = 120) =>
    findNeighbourOffset(database.sql, { device: 'apple iphone 12', wallClock, offsetMinutes });
  return { ask, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}

it('takes the offset of the photo nearest in time by the same device, wherever the clocks stood', async () => {
  await using photos = await withPhotos([
    { captured_at: '2019-04-17 07:20:00' },
    { captured_at: '2019-04-17 06:00:00', captured_utc_offset_minutes: 480 },
  ]);
  // 00:35 in Berlin is 22:35 UTC; the photos are from 22:20 UTC in Tokyo and 22:00 UTC in Shanghai.
  expect(await photos.ask('2019-04-17 00:35:00')).toBe(540);
});

it('takes none from further than two hours, from another device, or from a photo whose own zone was assumed', async () => {
  await using photos = await withPhotos([
    { captured_at: '2019-04-17 10:00:00' },
    { captured_at: '2019-04-17 07:30:00', device: 'another' },
    { captured_at: '2019-04-17 07:30:00', captured_zone_source: 'default' },
  ]);
  expect(await photos.ask('2019-04-17 00:30:00')).toBeNull();
  expect(await photos.ask('2019-04-17 01:30:00')).toBe(540);
});
