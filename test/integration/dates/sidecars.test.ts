import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createIngestRig, type IngestRig, jpeg, sha256 } from '../../support/ingest-rig.ts';
import { anAsset } from '../../support/ledger-rows.ts';

const XMP_2019 = xmp('2019-04-16T11:36:39+09:00');

function xmp(date: string): string {
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
    <rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:DateTimeOriginal="${date}"/>
  </rdf:RDF></x:xmpmeta>`;
}

function takeout(title: string, seconds: number, place = { latitude: 35.68, longitude: 139.69 }): string {
  return JSON.stringify({ title, photoTakenTime: { timestamp: String(seconds) }, geoData: place });
}

function assets(rig: IngestRig) {
  return rig.database.sql<Record<string, unknown>[]>`
    SELECT original_name AS name, replace(final_path, ${`${rig.config.storageDir}/`}, '') AS path, captured_at::text AS at,
      captured_at_source AS source, captured_zone_source AS zone, location
    FROM media_assets ORDER BY original_name`;
}

function sidecars(rig: IngestRig) {
  return rig.database.sql`
    SELECT s.kind, s.original_name AS name, replace(s.final_path, ${`${rig.config.storageDir}/`}, '') AS path,
      a.original_name AS photo, s.applied_at IS NOT NULL AS applied
    FROM sidecars AS s LEFT JOIN media_assets AS a ON a.id = s.asset_id ORDER BY s.original_name`;
}

describe('a sidecar', () => {
  it('whose photo is being worked on when it comes gives it its date the next time', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest();
    await rig.drop('a.jpg.xmp', XMP_2019);
    await rig.database.sql.begin(async (worker) => {
      await worker`SELECT id FROM media_assets FOR NO KEY UPDATE`;
      expect(await rig.ingest()).toMatchObject({ stored: 1, failed: 0 });
    });
    expect(await sidecars(rig)).toMatchObject([{ applied: false }]);
    await rig.ingest();
    expect(await sidecars(rig)).toMatchObject([{ applied: true }]);
    expect(await rig.stored()).toEqual(['2019/2019-04-16/a.jpg', '2019/2019-04-16/a.jpg.xmp']);
  });

  it('that comes with its photo is filed beside it, and its date files both', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a.jpg', jpeg('one'));
    await rig.drop('a.jpg.xmp', XMP_2019);
    const summary = await rig.ingest();
    expect(summary).toMatchObject({ seen: 2, stored: 2, ignored: 0 });
    expect(await rig.stored()).toEqual(['2019/2019-04-16/a.jpg', '2019/2019-04-16/a.jpg.xmp']);
    expect(await rig.inbox()).toEqual([]);
    expect(await assets(rig)).toMatchObject([
      { at: '2019-04-16 11:36:39', source: 'Sidecar-XMP-exif:DateTimeOriginal', zone: 'tag' },
    ]);
    expect(await sidecars(rig)).toEqual([
      { kind: 'xmp', name: 'a.jpg.xmp', path: 'Originals/2019/2019-04-16/a.jpg.xmp', photo: 'a.jpg', applied: true },
    ]);
    expect(await rig.database.sql`SELECT count(*)::int FROM superseded_files`).toEqual([{ count: 0 }]);
    expect(await rig.database.sql`SELECT reason, from_source, to_source FROM date_changes`).toEqual([
      { reason: 'companion', from_source: 'mtime', to_source: 'Sidecar-XMP-exif:DateTimeOriginal' },
    ]);
  });

  it('that comes before its photo stays in the inbox, and is filed when the photo has come', async () => {
    await using rig = await createIngestRig();
    await rig.drop('IMG_1.AAE', '<?xml version="1.0"?><!DOCTYPE plist>');
    expect(await rig.ingest()).toMatchObject({ seen: 1, ignored: 1 });
    expect(await rig.inbox()).toEqual(['IMG_1.AAE']);
    expect(await rig.ingest()).toMatchObject({ seen: 1, ignored: 1 });
    await rig.drop('IMG_1.HEIC', jpeg('one'));
    expect(await rig.ingest()).toMatchObject({ seen: 2, stored: 2 });
    expect(await rig.stored()).toEqual(['2024/2024-05-06/IMG_1.AAE', '2024/2024-05-06/IMG_1.HEIC']);
    expect(await rig.inbox()).toEqual([]);
  });

  it('that comes long after its photo is filed beside it', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest();
    await rig.drop('a.xmp', XMP_2019);
    await rig.ingest();
    expect(await rig.stored()).toEqual(['2019/2019-04-16/a.jpg', '2019/2019-04-16/a.xmp']);
  });

  it('takes the digits of its photo along, whose name was taken', async () => {
    await using rig = await createIngestRig();
    await rig.drop('one/IMG_1.jpg', jpeg('one'));
    await rig.ingest();
    await rig.drop('two/IMG_1.jpg', jpeg('two'));
    await rig.drop('two/IMG_1.AAE', 'bplist00 two');
    await rig.drop('one/IMG_1.AAE', 'bplist00 one');
    await rig.ingest();
    const digits = sha256(jpeg('two')).slice(0, 8);
    expect(await rig.stored()).toEqual(
      ['IMG_1.AAE', 'IMG_1.jpg', `IMG_1-${digits}.AAE`, `IMG_1-${digits}.jpg`]
        .sort()
        .map((name) => `2024/2024-05-06/${name}`),
    );
    expect(await readFile(join(rig.config.storageDir, `Originals/2024/2024-05-06/IMG_1-${digits}.AAE`), 'utf8')).toBe(
      'bplist00 two',
    );
  });

  it('moves with its photo also to where another one has its name and its content', async () => {
    await using rig = await createIngestRig();
    for (const [name, at] of [
      ['hers/IMG_1.heic', '2019-04-17T10:00:00Z'],
      ['his/IMG_1.jpg', '2024-05-06T07:08:09Z'],
    ] as const) {
      await rig.drop(name, jpeg(name), at);
      await rig.drop(`${name.slice(0, name.indexOf('.'))}.AAE`, 'bplist00');
    }
    await rig.ingest();
    await rig.drop('his/IMG_1.jpg.json', takeout('IMG_1.jpg', 1_555_428_600));
    expect(await rig.ingest()).toMatchObject({ stored: 1, failed: 0 });
    const digits = sha256('bplist00').slice(0, 8);
    expect(await rig.stored()).toEqual(
      [`IMG_1-${digits}.AAE`, 'IMG_1.AAE', 'IMG_1.heic', 'IMG_1.jpg', 'IMG_1.jpg.json'].map(
        (name) => `2019/2019-04-17/${name}`,
      ),
    );
    expect(await rig.database.sql`SELECT path FROM superseded_files`).toEqual([]);
  });

  it('keeps a name that was still to go when it was given to it', async () => {
    await using rig = await createIngestRig();
    await rig.drop('his/IMG_1.jpg', jpeg('his'));
    await rig.drop('his/IMG_1.AAE', 'bplist00');
    await rig.drop('his/IMG_1.jpg.json', takeout('IMG_1.jpg', 1_555_428_600));
    await rig.ingest();
    const [before, after] = ['2024/2024-05-06', '2019/2019-04-17'].map((day) =>
      join(rig.config.storageDir, 'Originals', day, 'IMG_1.AAE'),
    ) as [string, string];
    // As a crash leaves it: the sidecar is recorded where it is now, its former name is not gone yet.
    await link(after, before);
    await rig.database.sql`
      INSERT INTO superseded_files (path, kept_path, file_hash) VALUES (${before}, ${after}, ${sha256('bplist00')})`;
    await rig.drop('hers/IMG_1.heic', jpeg('hers'));
    await rig.drop('hers/IMG_1.AAE', 'bplist00');
    await rig.ingest();
    const paths = ['2019/2019-04-17/IMG_1.AAE', '2024/2024-05-06/IMG_1.AAE'];
    expect((await rig.stored()).filter((path) => path.endsWith('.AAE'))).toEqual(paths);
    expect((await sidecars(rig)).filter(({ kind }) => kind === 'aae').map(({ path }) => path)).toEqual(
      paths.map((path) => `Originals/${path}`),
    );
    expect(await rig.database.sql`SELECT path FROM superseded_files`).toEqual([]);
  });

  it('is not given to a photo of another folder', async () => {
    await using rig = await createIngestRig();
    await rig.drop('one/IMG_1.jpg', jpeg('one'));
    await rig.drop('two/IMG_1.AAE', 'bplist00');
    expect(await rig.ingest()).toMatchObject({ stored: 1, ignored: 1 });
  });

  it('is found by a photo that was here before under another name', async () => {
    await using rig = await createIngestRig();
    await rig.drop('phone/IMG_1.jpg', jpeg('one'));
    await rig.ingest();
    await rig.drop('album/IMG_1.jpg', jpeg('one'));
    await rig.drop('album/IMG_1.jpg.json', takeout('IMG_1.jpg', 1_555_378_599));
    await rig.ingest();
    expect(await assets(rig)).toMatchObject([{ source: 'Takeout:PhotoTakenTime' }]);
    expect(await rig.inbox()).toEqual([]);
  });

  it('stays in the inbox in copy mode, and is known', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a.jpg', jpeg('one'));
    await rig.drop('a.jpg.xmp', XMP_2019);
    expect(await rig.ingest({ INGEST_MODE: 'copy' })).toMatchObject({ seen: 2, stored: 2 });
    expect(await rig.ingest({ INGEST_MODE: 'copy' })).toMatchObject({ seen: 2, known: 2 });
    expect(await rig.inbox()).toEqual(['a.jpg', 'a.jpg.xmp']);
    expect(await rig.stored()).toEqual(['2019/2019-04-16/a.jpg', '2019/2019-04-16/a.jpg.xmp']);
  });

  it('that comes again is let go, and one that went missing is put back', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a.jpg', jpeg('one'));
    await rig.drop('a.jpg.xmp', XMP_2019);
    await rig.ingest();
    await rig.drop('a.jpg.xmp', XMP_2019);
    expect(await rig.ingest()).toMatchObject({ duplicates: 1 });
    const stored = join(rig.config.storageDir, 'Originals/2019/2019-04-16/a.jpg.xmp');
    await rm(stored);
    await rig.drop('a.jpg.xmp', XMP_2019);
    expect(await rig.ingest()).toMatchObject({ duplicates: 1 });
    expect(await readFile(stored, 'utf8')).toBe(XMP_2019);
    await writeFile(stored, 'other');
    await rig.drop('a.jpg.xmp', XMP_2019);
    expect(await rig.ingest()).toMatchObject({ failed: 1 });
    expect(await rig.inbox()).toEqual(['a.jpg.xmp']);
  });

  it('that was changed since is filed beside the one before, and counts', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a.jpg', jpeg('one'));
    await rig.drop('a.jpg.xmp', XMP_2019);
    await rig.ingest();
    const later = xmp('2018-01-02T03:04:05');
    await rig.drop('a.jpg.xmp', later);
    await rig.ingest();
    const name = `a.jpg-${sha256(later).slice(0, 8)}.xmp`;
    expect(await rig.stored()).toEqual(['a.jpg', 'a.jpg.xmp', name].sort().map((each) => `2018/2018-01-02/${each}`));
    expect(await rig.database.sql`SELECT to_path FROM date_changes ORDER BY id`).toHaveLength(2);
  });

  it('leaves alone what a person has looked through', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest();
    await rig.database.sql`UPDATE media_assets SET is_curated = true`;
    await rig.drop('a.jpg.xmp', XMP_2019);
    await rig.ingest();
    expect(await rig.stored()).toEqual(['2024/2024-05-06/a.jpg', '2024/2024-05-06/a.jpg.xmp']);
  });

  it('goes back to the inbox with its photo', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a.jpg', jpeg('one'));
    await rig.drop('a.jpg.xmp', XMP_2019);
    await rig.ingest();
    expect(await rig.undo()).toMatchObject({ moved: 2, refused: 0 });
    expect(await rig.inbox()).toEqual(['a.jpg', 'a.jpg.xmp']);
    expect(await rig.stored()).toEqual([]);
    expect(await sidecars(rig)).toEqual([]);
    expect(await rig.ingest({}, { held: true })).toMatchObject({ stored: 2 });
    expect(await rig.stored()).toEqual(['2019/2019-04-16/a.jpg', '2019/2019-04-16/a.jpg.xmp']);
  });

  it('is nothing but a file when its content is none', async () => {
    await using rig = await createIngestRig();
    await rig.drop('a.jpg', jpeg('one'));
    await rig.drop('a.jpg.xmp', 'no XMP at all');
    await rig.drop('package.json', '{"name":"a"}');
    expect(await rig.ingest()).toMatchObject({ stored: 1, ignored: 2 });
  });
});

describe('a Takeout folder', () => {
  const taken = 1_555_428_600; // 2019-04-16T15:30:00Z, half past midnight on the 17th in Tokyo

  it('gives each photo the date and place of its JSON, the edited copy and the moving half, too', async () => {
    await using rig = await createIngestRig();
    await rig.drop('IMG_1.jpg', jpeg('one'));
    await rig.drop('IMG_1(1).jpg', jpeg('another'));
    await rig.drop('IMG_1-bearbeitet.jpg', jpeg('edited'));
    await rig.drop('IMG_1.jpg.supplemental-metadata.json', takeout('IMG_1.jpg', taken));
    await rig.drop('IMG_1.jpg.supplemental-metadata(1).json', takeout('IMG_1.jpg', taken + 86_400));
    await rig.drop('metadata.json', '{"title":"Holidays"}');
    expect(await rig.ingest()).toMatchObject({ stored: 5, ignored: 1 });
    const day = { at: '2019-04-17 00:30:00', zone: 'position', location: { lat: 35.68, lon: 139.69 } };
    expect(await assets(rig)).toMatchObject([
      { name: 'IMG_1(1).jpg', path: 'Originals/2019/2019-04-18/IMG_1(1).jpg', at: '2019-04-18 00:30:00' },
      { name: 'IMG_1-bearbeitet.jpg', path: 'Originals/2019/2019-04-17/IMG_1-bearbeitet.jpg', ...day },
      { name: 'IMG_1.jpg', path: 'Originals/2019/2019-04-17/IMG_1.jpg', ...day },
    ]);
    expect((await rig.stored()).filter((path) => path.endsWith('.json'))).toEqual([
      '2019/2019-04-17/IMG_1.jpg.supplemental-metadata.json',
      '2019/2019-04-18/IMG_1.jpg.supplemental-metadata(1).json',
    ]);
    expect(await rig.inbox()).toEqual(['metadata.json']);
  });

  it('gives its date to a copy that comes later', async () => {
    await using rig = await createIngestRig();
    await rig.drop('IMG_1.jpg', jpeg('one'));
    await rig.drop('IMG_1.jpg.json', takeout('IMG_1.jpg', taken));
    await rig.ingest();
    await rig.drop('IMG_1-edited.jpg', jpeg('edited'));
    await rig.ingest();
    expect(await rig.stored()).toContain('2019/2019-04-17/IMG_1-edited.jpg');
  });
});

describe('a video that knows only UTC', () => {
  /** The still of the same shot as utc.mp4, as the ledger knows it. */
  async function addStill({ config, database }: IngestRig): Promise<void> {
    const [video] = await database.sql<{ at: string }[]>`
      SELECT to_char(timestamp '2019-04-16 09:36:39' + interval '9 hours', 'YYYY-MM-DD HH24:MI:SS') AS at`;
    const still = {
      ...anAsset(1),
      original_name: 'IMG_1.HEIC',
      original_path: join(config.inboxDir, 'IMG_1.HEIC'),
      companion_key: 'img_1',
      media_type: 'image/heic',
      captured_at: video?.at ?? '',
      captured_utc_offset_minutes: 540,
      captured_zone_source: 'tag',
      captured_at_confidence: 'high',
    };
    await database.sql`INSERT INTO media_assets ${database.sql(still)}`;
  }

  const fixture = join(import.meta.dirname, '../../fixtures/photos/utc.mp4');

  it.each(['first', 'last'])('takes the zone of its still, which comes %s', async (order) => {
    await using rig = await createIngestRig();
    if (order === 'first') await addStill(rig);
    await rig.drop('IMG_1.MOV', await readFile(fixture));
    await rig.ingest();
    if (order === 'last') {
      await addStill(rig);
      await rig.ingest();
    }
    expect((await assets(rig)).filter(({ name }) => name === 'IMG_1.MOV')).toMatchObject([
      { at: '2019-04-16 18:36:39', zone: 'companion' },
    ]);
  });
});
