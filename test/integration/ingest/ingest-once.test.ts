import { appendFile, link, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createIngestRig, filesBelow, type IngestRig, inodeOf, jpeg, sha256 } from '../../support/ingest-rig.ts';

let rig: IngestRig;

beforeEach(async () => {
  rig = await createIngestRig();
  return () => rig[Symbol.asyncDispose]();
});

const DAY = '2024/2024-05-06';

async function assets() {
  return await rig.database.sql`SELECT * FROM media_assets ORDER BY original_name`;
}

async function arrivals() {
  return await rig.database
    .sql`SELECT path, outcome, code, message, release_pending, attempts FROM inbox_arrivals ORDER BY id`;
}

describe('a new photo', () => {
  it('is filed by day, recorded, and gone from the inbox', async () => {
    const content = jpeg('one');
    const path = await rig.drop('DCIM/a.jpg', content);
    const inode = await inodeOf(path);
    const summary = await rig.ingest();

    expect(summary).toMatchObject({ seen: 1, stored: 1, bytes: content.length });
    expect(await rig.stored()).toEqual([`${DAY}/a.jpg`]);
    expect(await rig.inbox()).toEqual([]);
    const finalPath = join(rig.config.storageDir, 'Originals', DAY, 'a.jpg');
    expect(await readFile(finalPath)).toEqual(content);
    expect(await inodeOf(finalPath)).toBe(inode); // linked, not copied
    expect(await assets()).toMatchObject([
      {
        file_hash: sha256(content),
        original_name: 'a.jpg',
        original_path: path,
        final_path: finalPath,
        size_bytes: String(content.length),
        captured_at_source: 'mtime',
        media_type: 'image/jpeg',
        is_ingested: true,
        has_errors: false,
        run_id: summary.run,
      },
    ]);
    expect(summary.items).toMatchObject([{ path, outcome: 'stored', finalPath, source: 'mtime' }]);
  });

  it('is copied, verified, where the storage is on another volume', async () => {
    await using other = await createIngestRig({ storageDir: `/dev/shm/pf-test-${process.pid}` });
    try {
      const path = await other.drop('a.jpg', jpeg('one'));
      const { mtimeMs } = await stat(path);
      expect(await other.ingest()).toMatchObject({ stored: 1 });
      expect(await other.stored()).toEqual([`${DAY}/a.jpg`]);
      expect(await other.inbox()).toEqual([]);
      expect((await stat(join(other.config.storageDir, 'Originals', DAY, 'a.jpg'))).mtimeMs).toBeCloseTo(mtimeMs, 2);
      expect(await filesBelow(join(other.config.storageDir, '.photo-factory'))).toEqual([]);
    } finally {
      await rm(other.config.storageDir, { recursive: true, force: true });
    }
  });

  it('keeps its name to the byte, however odd', async () => {
    const names = [
      'new\nline.jpg',
      'tab\t.jpg',
      '-rf.jpg',
      '@args.jpg',
      `quote'"\`$(id)\`.jpg`,
      '🏖️ 👨‍👩‍👧.jpg',
      'צילום.jpg',
      ' lead.jpg',
      'trail .jpg ',
      'noextension',
      `${'y'.repeat(251)}.jpg`,
    ];
    for (const name of names) await rig.drop(name, jpeg(name));
    expect(await rig.ingest()).toMatchObject({ seen: names.length, stored: names.length });
    expect(await rig.stored()).toEqual(names.map((name) => `${DAY}/${name}`).sort());
    expect((await assets()).map(({ original_name }) => original_name).sort()).toEqual([...names].sort());
  });

  it('in the two spellings of é, both are kept, one under its hash', async () => {
    await rig.drop('1/caf\u00e9.jpg', jpeg('composed'));
    await rig.drop('2/cafe\u0301.jpg', jpeg('decomposed'));
    expect(await rig.ingest()).toMatchObject({ stored: 2 });
    const stored = await rig.stored();
    expect(stored).toHaveLength(2);
    expect(stored.filter((name) => /-[0-9a-f]{8}\.jpg$/.test(name))).toHaveLength(1);
  });

  it('of the same name as 30 others finds a name of its own', async () => {
    for (let n = 0; n < 30; n += 1) await rig.drop(`${n}/IMG_0001.JPG`, jpeg(`photo ${n}`));
    expect(await rig.ingest()).toMatchObject({ seen: 30, stored: 30 });
    expect(await rig.stored()).toHaveLength(30);
    for (const asset of await assets()) expect(sha256(await readFile(asset['final_path']))).toBe(asset['file_hash']);
  });

  it('30 folders deep is found', async () => {
    await rig.drop(`${Array.from({ length: 30 }, (_, n) => `d${n}`).join('/')}/a.jpg`, jpeg('deep'));
    expect(await rig.ingest()).toMatchObject({ stored: 1 });
  });
});

describe('a file that is no photo', () => {
  it('stays, with a reason when its name promised one; the totals add up', async () => {
    await rig.drop('empty.jpg', '');
    await rig.drop('text.jpg', 'not a photo at all');
    await rig.drop('notes.txt', 'not a photo at all');
    await rig.drop('.syncthing.x.jpg.tmp', jpeg('unfinished'));
    await symlink('/etc/passwd', join(rig.config.inboxDir, 'link.jpg'));
    await writeFile(
      Buffer.concat([Buffer.from(`${rig.config.inboxDir}/a`), Buffer.from([0xe9]), Buffer.from('.jpg')]),
      jpeg('latin'),
    );
    await rig.drop('good.jpg', jpeg('good'));
    const summary = await rig.ingest();
    expect(summary).toMatchObject({
      seen: 7,
      stored: 1,
      rejected: 3,
      ignored: 3,
      failed: 0,
      deferred: 0,
      known: 0,
      duplicates: 0,
    });
    expect(await rig.inbox()).toHaveLength(6);
    expect((await arrivals()).map(({ outcome, code }) => `${outcome} ${code}`).sort()).toEqual([
      'ignored NOT_MEDIA',
      'rejected EMPTY_FILE',
      'rejected NAME_NOT_UTF8',
      'rejected NOT_MEDIA',
      'stored null',
    ]);
  });

  it('is not written down again at every sweep, but tried again when it changes', async () => {
    const path = await rig.drop('a.jpg', '');
    await rig.ingest();
    expect(await rig.ingest()).toMatchObject({ seen: 1, rejected: 1 });
    expect(await arrivals()).toHaveLength(1);
    await writeFile(path, jpeg('now it is one'));
    expect(await rig.ingest()).toMatchObject({ seen: 1, stored: 1 });
  });
});

describe('a duplicate', () => {
  const content = jpeg('twice');
  const original = () => join(rig.config.storageDir, 'Originals', DAY, 'a.jpg');

  beforeEach(async () => {
    await rig.drop('a.jpg', content);
    await rig.ingest();
  });

  it('is removed, after the stored original was read again', async () => {
    const path = await rig.drop('b.jpg', content);
    expect(await rig.ingest()).toMatchObject({ seen: 1, duplicates: 1, stored: 0 });
    expect(await rig.inbox()).toEqual([]);
    expect(await rig.stored()).toEqual([`${DAY}/a.jpg`]);
    expect((await arrivals()).at(-1)).toMatchObject({ path, outcome: 'duplicate', release_pending: false });
  });

  it('is kept where the policy says so, and known from then on', async () => {
    await rig.drop('b.jpg', content);
    expect(await rig.ingest({ DUPLICATES: 'keep' })).toMatchObject({ duplicates: 1 });
    expect(await rig.inbox()).toEqual(['b.jpg']);
    expect(await rig.ingest({ DUPLICATES: 'keep' })).toMatchObject({ seen: 1, known: 1, duplicates: 0 });
  });

  it('is set aside under its inbox path where the policy says so, never over another', async () => {
    await rig.drop('x/b.jpg', content);
    expect(await rig.ingest({ DUPLICATES: 'set-aside' })).toMatchObject({ duplicates: 1 });
    await mkdir(join(rig.config.storageDir, 'Duplicates/y'), { recursive: true });
    await writeFile(join(rig.config.storageDir, 'Duplicates/y/b.jpg'), 'somebody else’s');
    await rig.drop('y/b.jpg', content);
    expect(await rig.ingest({ DUPLICATES: 'set-aside' })).toMatchObject({ duplicates: 1 });
    expect(await rig.inbox()).toEqual([]);
    expect(await rig.stored('Duplicates')).toEqual(['x/b.jpg', `y/b-${sha256(content).slice(0, 8)}.jpg`, 'y/b.jpg']);
  });

  it('takes the place of an original that is missing', async () => {
    await rm(dirname(original()), { recursive: true });
    await rig.drop('b.jpg', content);
    const summary = await rig.ingest();
    expect(summary).toMatchObject({ duplicates: 1 });
    expect(summary.items).toMatchObject([{ outcome: 'duplicate', code: 'HEALED', finalPath: original() }]);
    expect(await readFile(original())).toEqual(content);
    expect(await rig.inbox()).toEqual([]);
  });

  it('stays, and the asset is flagged, when the stored original is not what it was', async () => {
    await appendFile(original(), 'rot');
    const path = await rig.drop('b.jpg', content);
    const summary = await rig.ingest();
    expect(summary).toMatchObject({ failed: 1, duplicates: 0 });
    expect(summary.items).toMatchObject([{ path, outcome: 'failed', code: 'ORIGINAL_CHANGED' }]);
    expect(await rig.inbox()).toEqual(['b.jpg']);
    expect(await assets()).toMatchObject([{ has_errors: true, error_message: expect.stringContaining('no longer') }]);
  });

  it('in the same run ends as one asset, in every order', async () => {
    for (let n = 0; n < 20; n += 1) await rig.drop(`${n}/same.jpg`, jpeg('many'));
    expect(await rig.ingest()).toMatchObject({ seen: 20, stored: 1, duplicates: 19 });
    expect(await rig.inbox()).toEqual([]);
    expect(await assets()).toHaveLength(2);
  });
});

describe('copy mode', () => {
  it('leaves the inbox as it is, shares no inode with it, and knows it from then on', async () => {
    const path = await rig.drop('a.jpg', jpeg('one'));
    expect(await rig.ingest({ INGEST_MODE: 'copy' })).toMatchObject({ stored: 1 });
    const finalPath = join(rig.config.storageDir, 'Originals', DAY, 'a.jpg');
    expect(await inodeOf(finalPath)).not.toBe(await inodeOf(path));
    expect(await rig.ingest({ INGEST_MODE: 'copy' })).toMatchObject({ seen: 1, known: 1 });
    expect(await rig.inbox()).toEqual(['a.jpg']);
    expect(await arrivals()).toHaveLength(1);
  });

  it('is no reason for `move` to leave the file there later on', async () => {
    await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest({ INGEST_MODE: 'copy' });
    expect(await rig.ingest({ INGEST_MODE: 'move' })).toMatchObject({ seen: 1, duplicates: 1 });
    expect(await rig.inbox()).toEqual([]);
    expect(await rig.stored()).toEqual([`${DAY}/a.jpg`]);
  });
});

it('keeps a photo that the inbox and Originals show as one and the same, and says so (I1)', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  await rig.ingest();
  const alias = join(rig.root, 'alias');
  await symlink(rig.config.inboxDir, alias);
  await rename(join(rig.config.storageDir, 'Originals', DAY, 'a.jpg'), join(rig.config.inboxDir, 'a.jpg'));
  await rig.database.sql`UPDATE media_assets SET final_path = ${join(alias, 'a.jpg')}`;
  const summary = await rig.ingest();
  expect(summary.items).toMatchObject([{ outcome: 'duplicate', code: 'RELEASE_FAILED' }]);
  expect(await rig.inbox()).toEqual(['a.jpg']);
  expect((await arrivals()).at(-1)).toMatchObject({ code: 'RELEASE_FAILED', release_pending: true, attempts: 2 });
});

describe('after a crash', () => {
  const content = jpeg('one');
  const original = () => join(rig.config.storageDir, 'Originals', DAY, 'a.jpg');

  it('between placing and recording, the placed file is adopted', async () => {
    const path = await rig.drop('a.jpg', content);
    await mkdir(dirname(original()), { recursive: true });
    await link(path, original());
    expect(await rig.ingest()).toMatchObject({ stored: 1 });
    expect(await rig.stored()).toEqual([`${DAY}/a.jpg`]);
    expect(await rig.inbox()).toEqual([]);
  });

  it('between placing and recording, it is adopted also when it would be filed elsewhere now', async () => {
    const path = await rig.drop('a.jpg', content);
    const elsewhere = join(rig.config.storageDir, 'Originals/2020/2020-01-01/a.jpg');
    await mkdir(dirname(elsewhere), { recursive: true });
    await link(path, elsewhere);
    await rig.database
      .sql`INSERT INTO ingest_runs (command, mode, inbox_dir) VALUES ('start', 'move', ${rig.config.inboxDir})`;
    expect(await rig.ingest()).toMatchObject({ stored: 1 });
    expect(await rig.stored()).toEqual(['2020/2020-01-01/a.jpg']);
    expect(await assets()).toMatchObject([{ final_path: elsewhere }]);
    expect(await rig.database.sql`SELECT count(*)::int AS open FROM ingest_runs WHERE ended_at IS NULL`).toEqual([
      { open: 0 },
    ]);
  });

  it('and another one during the recovery, it is adopted all the same', async () => {
    const path = await rig.drop('a.jpg', content);
    const elsewhere = join(rig.config.storageDir, 'Originals/2020/2020-01-01/a.jpg');
    await mkdir(dirname(elsewhere), { recursive: true });
    await link(path, elsewhere);
    await rig.database
      .sql`INSERT INTO ingest_runs (command, mode, inbox_dir) VALUES ('start', 'move', ${rig.config.inboxDir})`;
    const away = `${rig.config.inboxDir}.away`;
    await rename(rig.config.inboxDir, away);
    await expect(rig.ingest()).rejects.toMatchObject({ code: 'INBOX_UNUSABLE' });
    await rename(away, rig.config.inboxDir);
    await rig.ingest();
    expect(await rig.stored()).toEqual(['2020/2020-01-01/a.jpg']);
    expect(await rig.database.sql`SELECT FROM ingest_runs WHERE ended_at IS NULL`).toHaveLength(0);
  });

  it.each(['under its own name', 'under the private name'])(
    'between recording and releasing, only the inbox copy goes (%s)',
    async (where) => {
      const path = await rig.drop('a.jpg', content);
      const kept = join(rig.root, 'kept');
      await link(path, kept);
      await rig.ingest();
      const [arrival] = await rig.database.sql`UPDATE inbox_arrivals SET release_pending = true RETURNING id`;
      await rename(
        kept,
        where === 'under its own name'
          ? path
          : join(rig.config.storageDir, '.photo-factory/leaving', String(arrival?.['id'])),
      );
      await rig.ingest();
      expect(await rig.inbox()).toEqual([]);
      expect(await filesBelow(join(rig.config.storageDir, '.photo-factory'))).toEqual([]);
      expect(await rig.stored()).toEqual([`${DAY}/a.jpg`]);
      expect(await arrivals()).toMatchObject([{ outcome: 'stored', release_pending: false }]);
    },
  );

  it('between recording and releasing, the inbox copy stays when the original is gone, and takes its place', async () => {
    const path = await rig.drop('a.jpg', content);
    const kept = join(rig.root, 'kept');
    await link(path, kept);
    await rig.ingest();
    await rig.database.sql`UPDATE inbox_arrivals SET release_pending = true`;
    await rename(kept, path);
    await rm(original());
    expect(await rig.ingest()).toMatchObject({ seen: 1, duplicates: 1 });
    expect(await readFile(original())).toEqual(content);
    expect(await rig.inbox()).toEqual([]);
  });
});

it('starts although the stored original of a pending release cannot be read', async () => {
  const path = await rig.drop('a.jpg', jpeg('one'));
  await link(path, join(rig.root, 'kept'));
  await rig.ingest();
  await rename(join(rig.root, 'kept'), path);
  await rig.database.sql`UPDATE inbox_arrivals SET release_pending = true`;
  await rig.database.sql`UPDATE media_assets SET final_path = ${`/${'x'.repeat(300)}`}`;
  await rig.drop('b.jpg', jpeg('two'));
  expect(await rig.ingest()).toMatchObject({ seen: 2, stored: 1, failed: 1 });
  expect(await rig.inbox()).toEqual(['a.jpg']);
});

it('ends with INBOX_UNUSABLE and a closed run when the inbox is gone', async () => {
  await rm(rig.config.inboxDir, { recursive: true });
  await expect(rig.ingest()).rejects.toMatchObject({ code: 'INBOX_UNUSABLE' });
  expect(await rig.database.sql`SELECT FROM ingest_runs WHERE ended_at IS NULL`).toHaveLength(0);
});

it('files 500 photos with more of them than it holds in hand at once', async () => {
  for (let n = 0; n < 500; n += 1) await rig.drop(`${n % 7}/${n}.jpg`, jpeg(`photo ${n}`));
  expect(await rig.ingest({ INGEST_CONCURRENCY: '4' })).toMatchObject({ seen: 500, stored: 500 });
  expect(await rig.stored()).toHaveLength(500);
});

it('a row that the database does not take fails its own photo, with the reason, and no other', async () => {
  await rig.database.sql`ALTER TABLE media_assets ADD CONSTRAINT no_b CHECK (original_name <> 'b.jpg')`;
  await rig.drop('a.jpg', jpeg('a'));
  const path = await rig.drop('b.jpg', jpeg('b'));
  const summary = await rig.ingest();
  expect(summary).toMatchObject({ seen: 2, stored: 1, failed: 1 });
  expect(summary.items?.find(({ outcome }) => outcome === 'failed')).toMatchObject({ path, code: 'RECORD_REFUSED' });
  expect(await rig.inbox()).toEqual(['b.jpg']);
});
