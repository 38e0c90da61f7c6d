import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readClock } from '../../../src/core/redate.ts';
import { adoptOriginals, rebuildLedger } from '../../../src/jobs/adopt.ts';
import type { OriginalItem } from '../../../src/jobs/record-originals/ends.ts';
import { redate } from '../../../src/jobs/redate/redate.ts';
import { openLog } from '../../../src/log.ts';
import { jpeg, sha256 } from '../../support/ingest-rig.ts';
import { createVerifyRig, type VerifyRig } from '../../support/verify-rig.ts';

let rig: VerifyRig;

beforeEach(async () => {
  rig = await createVerifyRig();
  return () => rig[Symbol.asyncDispose]();
});

const TAKEN = 1_555_428_600; // 2019-04-16T15:30:00Z
const PLIST = '<?xml version="1.0"?><!DOCTYPE plist>';

function takeout(title: string, seconds = TAKEN): string {
  return JSON.stringify({ title, photoTakenTime: { timestamp: String(seconds) } });
}

function xmp(date: string): string {
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="${date}"/>
  </rdf:RDF></x:xmpmeta>`;
}

async function record(job: typeof adoptOriginals | typeof rebuildLedger, signal = new AbortController().signal) {
  const items: OriginalItem[] = [];
  const tools = {
    config: rig.config,
    connection: rig.database,
    requireStorage: async () => {},
    onEnd: (item: OriginalItem) => items.push(item),
    log: openLog(rig.config),
    signal,
  };
  const result = await job(tools, null);
  return { ...result, items };
}

const photos = () => rig.database.sql`
  SELECT original_name AS name, final_path AS path, captured_at::text AS at, captured_at_source AS source,
    captured_at_confidence AS confidence, captured_zone_source AS zone, captured_utc_offset_minutes AS "offset", location, other_dates
  FROM media_assets ORDER BY final_path`;

const sidecars = () => rig.database.sql`
  SELECT s.kind, s.final_path AS path, s.file_hash AS hash, s.size_bytes AS size, s.companion_key AS key, s.facts,
    a.final_path AS photo, s.applied_at IS NOT NULL AS applied
  FROM sidecars AS s LEFT JOIN media_assets AS a ON a.id = s.asset_id ORDER BY s.final_path`;

/** What the sidecars were called when they came, as far as that can be known: Google's own ending goes with digits. */
const names = async () =>
  (await rig.database.sql<{ name: string }[]>`SELECT original_name AS name FROM sidecars`)
    .map(({ name }) => name.replace(/(\.supplemental-metadata)?\.(json|xmp)$/, ''))
    .sort();

const loseLedger = () =>
  rig.database.sql`TRUNCATE media_assets, sidecars, inbox_arrivals, date_changes, ingest_runs CASCADE`;

/** Two photos of one name and day with a JSON each, an edited copy, an XMP in two states, Apple's edits. */
async function fileLibrary(): Promise<void> {
  await rig.drop('one/IMG_1.jpg', jpeg('one'));
  await rig.drop('one/IMG_1.jpg.supplemental-metadata.json', takeout('IMG_1.jpg'));
  await rig.drop('two/IMG_1.jpg', jpeg('two'));
  await rig.drop('two/IMG_1.jpg.json', takeout('IMG_1.jpg', TAKEN + 60));
  await rig.drop('one/IMG_2.jpg', jpeg('another'));
  await rig.drop('one/IMG_2-edited.jpg', jpeg('edited'));
  await rig.drop('one/IMG_2.jpg.json', takeout('IMG_2.jpg', TAKEN + 120));
  await rig.drop('raw/a.jpg', jpeg('a'));
  await rig.drop('raw/a.jpg.xmp', xmp('2018-01-02T03:04:05'));
  await rig.drop('phone/IMG_0001.HEIC', jpeg('phone'));
  await rig.drop('phone/IMG_0001.AAE', PLIST);
  await rig.ingest();
  await rig.drop('raw/a.jpg.xmp', xmp('2018-01-02T03:04:06+01:00'));
  await rig.ingest();
}

describe('rebuild', () => {
  it('makes the rows of sidecars anew, and the dates that photos have from them', async () => {
    await fileLibrary();
    const before = { photos: await photos(), sidecars: await sidecars(), stored: await rig.stored() };
    expect(before.sidecars).toHaveLength(6);
    expect(before.stored.filter((path) => /-[0-9a-f]{8}\./.test(path))).toHaveLength(3);
    await loseLedger();
    expect(await record(rebuildLedger)).toMatchObject({ seen: 12, recorded: 12, ignored: 0, failed: 0 });
    expect(await sidecars()).toEqual(before.sidecars);
    expect(await photos()).toEqual(before.photos);
    expect(await rig.stored()).toEqual(before.stored);
    expect(await rig.verify()).toMatchObject({ checked: 12, verified: 12, ignored: 0 });
    expect(await record(rebuildLedger)).toMatchObject({ seen: 12, known: 12 });
    expect(await names()).toEqual(['IMG_0001.AAE', 'IMG_1.jpg', 'IMG_1.jpg', 'IMG_2.jpg', 'a.jpg', 'a.jpg']);
    // What is recorded where it lies is nobody's errand: the next run moves and changes nothing.
    await rig.ingest();
    expect(await photos()).toEqual(before.photos);
    expect(await rig.stored()).toEqual(before.stored);
  });

  it('makes rows by which a sidecar follows its photo to another day, and to another name', async () => {
    await fileLibrary();
    await loseLedger();
    await record(rebuildLedger);
    const [photo] = await rig.database.sql<{ id: string; path: string }[]>`
      SELECT id, final_path AS path FROM media_assets WHERE final_path ~ 'IMG_1-[0-9a-f]{8}[.]jpg$'`;
    const clock = readClock('2001-02-03');
    if (clock === null) throw new Error('it is a date');
    const correction = { kind: 'to', clock } as const;
    const { config, database: connection } = rig;
    const signal = new AbortController().signal;
    const page = { columns: 80, paint: (_: string, text: string) => text };
    const tools = { config, connection, requireStorage: async () => {}, page, log: openLog(config), signal };
    const answer = await redate(tools, { photos: [{ id: photo?.id ?? '' }], correction, dryRun: false });
    expect(answer.json).toMatchObject({ redated: 1 });
    expect((await rig.stored()).filter((path) => path.startsWith('2001/'))).toEqual([
      '2001/2001-02-03/IMG_1.jpg',
      expect.stringMatching(/^2001\/2001-02-03\/IMG_1\.jpg(\.supplemental-metadata)?\.json$/),
    ]);
    expect(await rig.verify()).toMatchObject({ checked: 12, verified: 12 });
  });

  it('that was ended before a photo had its date from beside it gives it the next time', async () => {
    await rig.drop('a.jpg', jpeg('a'));
    await rig.drop('a.jpg.xmp', xmp('2018-01-02T03:04:05'));
    await rig.ingest();
    const before = await photos();
    await loseLedger();
    await rig.database.sql.unsafe(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cut off' USING ERRCODE = '57P01'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE ON media_assets FOR EACH ROW EXECUTE FUNCTION refuse()`);
    await expect(record(rebuildLedger)).rejects.toThrow();
    await rig.database.sql.unsafe('DROP TRIGGER refuse ON media_assets');
    expect(await sidecars()).toMatchObject([{ applied: false }]);
    await rig.ingest();
    expect(await sidecars()).toMatchObject([{ applied: false }]);
    expect(await record(rebuildLedger)).toMatchObject({ known: 1, recorded: 1 });
    expect(await sidecars()).toMatchObject([{ applied: true }]);
    expect(await photos()).toEqual(before);
  });
});

describe('verify --adopt', () => {
  it('records a sidecar that somebody put beside a photo, and moves nothing', async () => {
    await rig.drop('a.jpg', jpeg('a'));
    await rig.ingest();
    await writeFile(rig.original('a.xmp'), xmp('2018-01-02T03:04:05'));
    await writeFile(rig.original('b.xmp'), xmp('2018-01-02T03:04:05'));
    await writeFile(rig.original('a.json'), '{}');
    await writeFile(rig.original('c.json'), jpeg('a photo in spite of its name'));
    expect(await rig.verify()).toMatchObject({ untracked: 1 });
    const { items, ...counts } = await record(adoptOriginals);
    expect(counts).toMatchObject({ seen: 5, known: 1, recorded: 2, ignored: 2 });
    expect(items.find(({ path }) => path === rig.original('b.xmp'))).toMatchObject({ end: 'ignored' });
    expect(await photos()).toMatchObject([
      { path: rig.original('a.jpg'), at: '2018-01-02 03:04:05', source: 'Sidecar-XMP-exif:DateTimeOriginal' },
      { path: rig.original('c.json') },
    ]);
    expect(await sidecars()).toMatchObject([{ path: rig.original('a.xmp'), photo: rig.original('a.jpg') }]);
  });

  it('leaves the date that a person gave, and a second copy of a sidecar', async () => {
    await rig.drop('a.jpg', jpeg('a'));
    await rig.ingest();
    await rig.database.sql`UPDATE media_assets SET captured_at_source = 'person', captured_at = '2001-01-01'`;
    for (const name of ['a.jpg.xmp', 'a.xmp']) await writeFile(rig.original(name), xmp('2018-01-02T03:04:05'));
    expect(await record(adoptOriginals)).toMatchObject({ known: 1, recorded: 1, copies: 1 });
    expect(await photos()).toMatchObject([{ at: '2001-01-01 00:00:00', source: 'person' }]);
  });

  it('gives a sidecar back to its photo that was forgotten and is recorded again', async () => {
    await rig.drop('a.jpg', jpeg('a'));
    await rig.drop('a.jpg.xmp', xmp('2018-01-02T03:04:05'));
    await rig.ingest();
    const before = { photos: await photos(), sidecars: await sidecars() };
    await rig.database.sql`DELETE FROM media_assets`;
    expect(await record(adoptOriginals)).toMatchObject({ seen: 2, recorded: 2 });
    expect({ photos: await photos(), sidecars: await sidecars() }).toEqual(before);
  });

  it('takes the wanted change of a sidecar over, as its finding says', async () => {
    await rig.drop('a.jpg', jpeg('a'));
    await rig.drop('a.jpg.xmp', xmp('2018-01-02T03:04:05'));
    await rig.ingest();
    const [row] = await sidecars();
    const path = String(row?.['path']);
    await rm(path);
    await writeFile(path, xmp('2017-01-02T03:04:05.5'));
    await rig.verify();
    const [finding] = await rig.findings();
    const [, statement] = /psql -c "([^"]+)"/.exec(finding?.message ?? '') ?? [];
    await rig.database.sql.unsafe(statement ?? '');
    expect(await record(adoptOriginals)).toMatchObject({ known: 1, recorded: 1 });
    expect(await sidecars()).toMatchObject([
      { hash: sha256(await readFile(path)), photo: join(dirname(path), 'a.jpg') },
    ]);
    expect(await photos()).toMatchObject([{ at: '2017-01-02 03:04:05.5' }]);
    await rig.verify();
    expect(await rig.findings()).toEqual([]);
  });
});
