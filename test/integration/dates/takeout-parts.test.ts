import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { lookAtFile } from '../../../src/io/inbox/sweep.ts';
import { findLastArrivals } from '../../../src/ledger/last-arrivals.ts';
import { createIngestRig, type IngestRig, jpeg } from '../../support/ingest-rig.ts';

const YEAR = 'Takeout/Google Photos/Photos from 2019';
const ALBUM = 'Takeout/Google Photos/Holidays';
const TAKEN = 1_555_428_600; // 2019-04-16T15:30:00Z

function json(title: string, seconds = TAKEN): string {
  return JSON.stringify({ title, photoTakenTime: { timestamp: String(seconds) } });
}

/** By where they came: their dates. */
async function dates({ config, database }: IngestRig): Promise<Record<string, string>> {
  const rows = await database.sql<{ path: string; at: string }[]>`
    SELECT substr(original_path, ${config.inboxDir.length + 2}) AS path, captured_at::text AS at FROM media_assets`;
  return Object.fromEntries(rows.map(({ path, at }) => [path, at]));
}

describe('a Takeout whose parts lie in folders of their own', () => {
  // TheLastGimbus/GooglePhotosTakeoutHelper#104
  it.each([
    ['the photo', 'takeout-20220106T172751Z-001', 'takeout-20220106T172751Z-002'],
    ['the JSON', 'takeout-20220106T172751Z-002', 'takeout-20220106T172751Z-001'],
  ])('gives a photo the JSON of another part, where %s comes first', async (_, ofPhoto, ofJson) => {
    await using rig = await createIngestRig();
    const parts = [
      () => rig.drop(`${ofPhoto}/${YEAR}/IMG_1.jpg`, jpeg('one')),
      () => rig.drop(`${ofJson}/${YEAR}/IMG_1.jpg.json`, json('IMG_1.jpg')),
    ];
    for (const part of ofPhoto < ofJson ? parts : parts.reverse()) {
      await part();
      await rig.ingest();
    }
    expect(await rig.stored()).toEqual(['2019/2019-04-16/IMG_1.jpg', '2019/2019-04-16/IMG_1.jpg.json']);
    expect(await rig.inbox()).toEqual([]);
  });

  it('gives what was edited, and comes with a later part, the date of the JSON that is filed', async () => {
    await using rig = await createIngestRig();
    await rig.drop(`takeout-1/${YEAR}/IMG_1.jpg`, jpeg('one'));
    await rig.drop(`takeout-1/${YEAR}/IMG_1.jpg.json`, json('IMG_1.jpg'));
    await rig.ingest();
    await rig.drop(`takeout-2/${YEAR}/IMG_1-edited.jpg`, jpeg('edited'));
    await rig.ingest();
    expect(await rig.stored()).toContain('2019/2019-04-16/IMG_1-edited.jpg');
  });

  it('records the JSON of an album, too, whose photo is a duplicate of another part', async () => {
    await using rig = await createIngestRig();
    await rig.drop(`takeout-1/${YEAR}/IMG_1.jpg`, jpeg('one'));
    await rig.drop(`takeout-2/${YEAR}/IMG_1.jpg.json`, json('IMG_1.jpg'));
    await rig.ingest();
    const ofAlbum = json('IMG_1.jpg').replace('{', '{ ');
    await rig.drop(`takeout-3/${ALBUM}/IMG_1.jpg.json`, ofAlbum);
    expect(await rig.ingest()).toMatchObject({ ignored: 1 });
    await rig.drop(`takeout-2/${ALBUM}/IMG_1.jpg`, jpeg('one'));
    expect(await rig.ingest()).toMatchObject({ stored: 1, duplicates: 1, ignored: 0 });
    expect(await rig.inbox()).toEqual([]);
    expect(
      await rig.database.sql`SELECT count(DISTINCT asset_id)::int AS photos, count(*)::int AS jsons FROM sidecars`,
    ).toEqual([{ photos: 1, jsons: 2 }]);
  });

  it('believes the JSON of the photo’s own folder before that of another part', async () => {
    await using rig = await createIngestRig();
    await rig.drop(`takeout-1/${YEAR}/IMG_1.jpg`, jpeg('one'));
    await rig.drop(`takeout-2/${YEAR}/IMG_1.jpg.json`, json('IMG_1.jpg', TAKEN + 10 * 86_400));
    await rig.ingest();
    expect(await dates(rig)).toEqual({ [`takeout-1/${YEAR}/IMG_1.jpg`]: '2019-04-26 15:30:00' });
    await rig.drop(`takeout-1/${YEAR}/IMG_1.jpg.json`, json('IMG_1.jpg'));
    await rig.ingest();
    expect(await dates(rig)).toEqual({ [`takeout-1/${YEAR}/IMG_1.jpg`]: '2019-04-16 15:30:00' });
  });
});

describe('the Takeouts of two people in one inbox', () => {
  it.each([
    ['folders of theirs', 'alice/takeout-1', 'bob/takeout-2'],
    ['the names of the parts', 'takeout-alice-1', 'takeout-bob-2'],
    ['the times of the exports', 'takeout-20220106T172751Z-001', 'takeout-20220107T172751Z-002'],
  ])('exchange nothing, told apart by %s', async (_, alice, bob) => {
    await using rig = await createIngestRig();
    await rig.drop(`${alice}/${YEAR}/IMG_1.jpg`, jpeg('hers'));
    await rig.drop(`${bob}/${YEAR}/IMG_1.jpg.json`, json('IMG_1.jpg'));
    expect(await rig.ingest()).toMatchObject({ stored: 1, ignored: 1 });
    await rig.drop(`${bob}/${YEAR}/IMG_1.jpg`, jpeg('his'));
    expect(await rig.ingest()).toMatchObject({ stored: 2, ignored: 0 });
    expect(await dates(rig)).toEqual({
      [`${alice}/${YEAR}/IMG_1.jpg`]: '2024-05-06 07:08:09',
      [`${bob}/${YEAR}/IMG_1.jpg`]: '2019-04-16 15:30:00',
    });
  });
});

it('has a JSON that waits tried again when its photo comes as a duplicate of one that is long there', async () => {
  await using rig = await createIngestRig();
  const { sql } = rig.database;
  await rig.drop(`takeout-1/${YEAR}/IMG_1.jpg`, jpeg('one'));
  await rig.ingest();
  const waiting = await rig.drop(`takeout-1/${ALBUM}/IMG_1.jpg.json`, json('IMG_1.jpg'));
  await rig.ingest();
  await sql`UPDATE media_assets SET created_at = now() - interval '1 day'`;
  await sql`UPDATE inbox_arrivals SET last_seen_at = now() - interval '1 day' WHERE outcome = 'stored'`;
  const seen = await lookAtFile(waiting);
  if (seen === null) throw new Error('the JSON is not there');
  const hasPhotoNow = async () => (await findLastArrivals(sql, [seen])).get(waiting)?.hasPhotoNow;
  expect(await hasPhotoNow()).toBe(false);
  await rm(waiting); // or this very run would file it
  await rig.drop(`takeout-2/${ALBUM}/IMG_1.jpg`, jpeg('one'));
  expect(await rig.ingest()).toMatchObject({ duplicates: 1 });
  expect(await hasPhotoNow()).toBe(true);
});

it('joins nothing but Takeout JSONs over folders', async () => {
  await using rig = await createIngestRig();
  await rig.drop(`takeout-1/${YEAR}/IMG_1.jpg`, jpeg('one'));
  await rig.drop(`takeout-2/${YEAR}/IMG_1.AAE`, 'bplist00');
  expect(await rig.ingest()).toMatchObject({ stored: 1, ignored: 1 });
});
