import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noPaint } from '../../../src/core/text-layout.ts';
import { explain } from '../../../src/jobs/explain/explain.ts';
import { openLog } from '../../../src/log.ts';
import { createIngestRig, type IngestRig, jpeg } from '../../support/ingest-rig.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/photos');

function ask({ config, database }: IngestRig, asked: { id: string } | { path: string }) {
  const signal = new AbortController().signal;
  const page = { columns: 100, paint: noPaint };
  return explain({ config, connection: database, page, log: openLog(config), signal }, asked);
}

it('says of a stored photo, by its id, which date was taken and which were not', async () => {
  await using rig = await createIngestRig();
  await copyFile(join(FIXTURES, 'exif-gps.jpg'), join(rig.config.inboxDir, 'IMG_20200101_101010.jpg'));
  await rig.ingest();
  const [row] = await rig.database.sql<{ id: string; confidence: string }[]>`
    SELECT id, captured_at_confidence AS confidence FROM media_assets`;
  expect(row?.confidence).toBe('high');
  const { text, json } = await ask(rig, { id: row?.id ?? '' });
  expect(text).toContain('In the ledger:');
  expect(text).toMatch(/→ .* ExifIFD:DateTimeOriginal +high +taken: the first that can be/);
  expect(text).toMatch(/2020-01-01 10:10:10 +filename +medium +comes later in the order/);
  expect(json).toMatchObject({ taken: { source: 'ExifIFD:DateTimeOriginal' }, asset: { id: row?.id } });
});

it('keeps the dates that were not taken, with the reason where they cannot be', async () => {
  await using rig = await createIngestRig();
  await copyFile(join(FIXTURES, 'zeroed.jpg'), join(rig.config.inboxDir, 'zeroed.jpg'));
  await copyFile(join(FIXTURES, 'exif.heic'), join(rig.config.inboxDir, 'IMG_20200101_101010.heic'));
  await rig.ingest();
  expect(
    await rig.database.sql`SELECT original_name AS name, other_dates FROM media_assets ORDER BY original_name`,
  ).toMatchObject([
    {
      name: 'IMG_20200101_101010.heic',
      other_dates: [{ source: 'filename', at: '2020-01-01 10:10:10', offset: null }],
    },
    { name: 'zeroed.jpg', other_dates: null },
  ]);
});

it('explains a file that the ledger does not know, and refuses what is no photo', async () => {
  await using rig = await createIngestRig();
  const path = await rig.drop('IMG_20200101_101010.jpg', jpeg('one'));
  expect((await ask(rig, { path })).text).toContain('The ledger does not know this file.');
  const text = await rig.drop('list.txt', 'no photo');
  await expect(ask(rig, { path: text })).rejects.toMatchObject({ code: 'NO_SUCH_PHOTO' });
  await expect(ask(rig, { path: join(rig.root, 'gone.jpg') })).rejects.toMatchObject({ code: 'NO_SUCH_PHOTO' });
});

it('says of a video that knows only UTC that its zone is the default', async () => {
  await using rig = await createIngestRig();
  await copyFile(join(FIXTURES, 'utc.mp4'), join(rig.config.inboxDir, 'utc.mp4'));
  await rig.ingest();
  expect(await rig.database.sql`SELECT captured_zone_source, captured_at_confidence FROM media_assets`).toMatchObject([
    { captured_zone_source: 'default', captured_at_confidence: 'medium' },
  ]);
});
