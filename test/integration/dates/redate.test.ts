import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Correction } from '../../../src/core/redate.ts';
import { noPaint } from '../../../src/core/text-layout.ts';
import { redate } from '../../../src/jobs/redate/redate.ts';
import { openLog } from '../../../src/log.ts';
import { appleStill, appleVideo } from '../../support/apple-shot.ts';
import { createIngestRig, type IngestRig, jpeg, snapshot } from '../../support/ingest-rig.ts';

function ask(rig: IngestRig, path: string, correction: Correction, dryRun = false) {
  const { config, database } = rig;
  return redate(
    {
      config,
      connection: database,
      requireStorage: async () => {},
      page: { columns: 100, paint: noPaint },
      log: openLog(config),
      signal: new AbortController().signal,
    },
    { photos: [{ path: join(config.storageDir, 'Originals', path) }], correction, dryRun },
  );
}

const SCAN = { kind: 'to', clock: { year: 1985, month: 7, day: 1, time: null } } as const;
const WAS = '2024/2024-05-06/scan.jpg';

async function withScan(): Promise<IngestRig> {
  const rig = await createIngestRig();
  await rig.drop('scan.jpg', jpeg('scan'));
  await rig.drop('scan.jpg.xmp', '<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>');
  await rig.ingest();
  return rig;
}

it('says what it would do, then files the photo and its sidecar by the new day, every byte and time as it was', async () => {
  await using rig = await withScan();
  const before = await snapshot(join(rig.config.storageDir, 'Originals/2024/2024-05-06'));
  const rehearsed = await ask(rig, WAS, SCAN, true);
  expect(rehearsed).toMatchObject({ exitCode: 0, json: { redated: 1, dryRun: true } });
  expect(await rig.stored()).toEqual([WAS, `${WAS}.xmp`]);

  const done = await ask(rig, WAS, SCAN);
  expect(done.json).toMatchObject({
    redated: 1,
    items: [{ outcome: 'redated', fromCapturedAt: '2024-05-06 07:08:09', toCapturedAt: '1985-07-01 07:08:09' }],
  });
  expect(await rig.stored()).toEqual(['1985/1985-07-01/scan.jpg', '1985/1985-07-01/scan.jpg.xmp']);
  expect(await snapshot(join(rig.config.storageDir, 'Originals/1985/1985-07-01'))).toEqual(before);
  expect(
    await rig.database.sql`SELECT captured_at::text, captured_at_source, captured_at_confidence FROM media_assets`,
  ).toEqual([{ captured_at: '1985-07-01 07:08:09', captured_at_source: 'person', captured_at_confidence: 'high' }]);
  expect(await rig.database.sql`SELECT reason, from_source FROM date_changes`).toEqual([
    { reason: 'person', from_source: 'mtime' },
  ]);
});

it('is not undone by a sidecar that comes later', async () => {
  await using rig = await withScan();
  await ask(rig, WAS, SCAN);
  await rig.drop('scan.jpg.json', JSON.stringify({ title: 'scan.jpg', photoTakenTime: { timestamp: '1555428600' } }));
  await rig.ingest();
  expect(await rig.stored()).toEqual(
    ['scan.jpg', 'scan.jpg.json', 'scan.jpg.xmp'].map((name) => `1985/1985-07-01/${name}`),
  );
});

it('gets a name with digits where another photo has its name on that day, and its sidecar follows', async () => {
  await using rig = await withScan();
  await rig.drop('scan.jpg', jpeg('another'), '1985-07-01T01:02:03Z');
  await rig.ingest();
  await ask(rig, WAS, SCAN);
  const names = (await rig.stored()).map((path) => path.replace(/-[0-9a-f]{8}\./, '-#.'));
  expect(names).toEqual(['1985/1985-07-01/scan-#.jpg', '1985/1985-07-01/scan-#.jpg.xmp', '1985/1985-07-01/scan.jpg']);
});

it('touches nothing when the stored file is not what was recorded', async () => {
  await using rig = await withScan();
  const path = join(rig.config.storageDir, 'Originals', WAS);
  await rm(path);
  await writeFile(path, jpeg('other'));
  expect(await ask(rig, WAS, SCAN)).toMatchObject({ exitCode: 3, json: { refused: 1 } });
  expect(await rig.stored()).toEqual([WAS, `${WAS}.xmp`]);
});

it('refuses a photo that is not in the ledger', async () => {
  await using rig = await withScan();
  await expect(ask(rig, '2024/2024-05-06/gone.jpg', SCAN)).rejects.toMatchObject({ code: 'NO_SUCH_PHOTO' });
});

it('takes the film of a Live Photo along, which keeps its own date', async () => {
  await using rig = await createIngestRig();
  await rig.drop('IMG_1.HEIC', appleStill({ at: '2019:04:16 12:00:00', offset: '+00:00' }));
  await rig.drop('IMG_1.MOV', appleVideo({ at: '2019-04-16T11:59:58Z' }));
  await rig.ingest();
  await ask(rig, '2019/2019-04-16/IMG_1.HEIC', SCAN);
  expect(await rig.stored()).toEqual(['1985/1985-07-01/IMG_1.HEIC', '1985/1985-07-01/IMG_1.MOV']);
  expect(await rig.database.sql`SELECT captured_at::text AS at FROM media_assets ORDER BY 1`).toEqual([
    { at: '1985-07-01 12:00:00' },
    { at: '2019-04-16 11:59:58' },
  ]);
});

it('says that a photo is being worked on instead of waiting for who does, and leaves it where it was', async () => {
  await using rig = await withScan();
  const { sql } = rig.database;
  await sql.begin(async (worker) => {
    await worker`SELECT id FROM media_assets FOR NO KEY UPDATE`;
    expect(await ask(rig, WAS, SCAN)).toMatchObject({ exitCode: 3, json: { redated: 0, refused: 1 } });
    expect(await rig.stored()).toEqual([WAS, `${WAS}.xmp`]);
  });
  expect(await ask(rig, WAS, SCAN)).toMatchObject({ exitCode: 0, json: { redated: 1 } });
});
