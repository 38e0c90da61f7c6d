import { copyFile, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { adoptOriginals } from '../../../src/jobs/adopt.ts';
import type { OriginalItem } from '../../../src/jobs/record-originals/ends.ts';
import { findNamedOriginals } from '../../../src/jobs/record-originals/walk-paths.ts';
import { openLog } from '../../../src/log.ts';
import { jpeg, sha256 } from '../../support/ingest-rig.ts';
import { createVerifyRig, type VerifyRig } from '../../support/verify-rig.ts';

let rig: VerifyRig;

beforeEach(async () => {
  rig = await createVerifyRig();
  return () => rig[Symbol.asyncDispose]();
});

async function adopt(paths: readonly string[] | null = null, signal = new AbortController().signal) {
  const items: OriginalItem[] = [];
  const result = await adoptOriginals(
    {
      config: rig.config,
      connection: rig.database,
      requireStorage: async () => {},
      onEnd: (item) => items.push(item),
      log: openLog(rig.config),
      signal,
    },
    paths,
  );
  return { ...result, items };
}

const rows = () =>
  rig.database.sql`SELECT original_name AS name, original_path, final_path, file_hash AS hash, run_id,
    captured_at::text AS at, captured_at_source AS source FROM media_assets ORDER BY final_path`;

describe('verify --adopt', () => {
  it('records what lies there, with the decisions of ingest, and settles what verify found', async () => {
    await rig.drop('known.jpg', jpeg('known'));
    await rig.ingest();
    const photo = jpeg('IMG');
    const name = `IMG_20200102_030405-${sha256(photo).slice(0, 8)}.jpg`;
    await writeFile(rig.original(name), photo);
    expect(await rig.verify()).toMatchObject({ untracked: 1 });
    const { run, items, ...counts } = await adopt();
    expect(counts).toMatchObject({ seen: 2, recorded: 1, known: 1, copies: 0, failed: 0, bytes: photo.length });
    expect(items.find(({ end }) => end === 'recorded')).toMatchObject({ path: rig.original(name) });
    expect((await rows())[0]).toEqual({
      name: 'IMG_20200102_030405.jpg',
      original_path: rig.original(name),
      final_path: rig.original(name),
      hash: sha256(photo),
      run_id: run,
      at: '2020-01-02 03:04:05',
      source: 'filename',
    });
    expect(await rig.findings()).toEqual([]);
    expect(await rig.verify()).toMatchObject({ verified: 2, untracked: 0 });
    expect(
      await rig.database.sql`SELECT command, seen, stored, known, ended_at IS NULL AS open FROM ingest_runs
      WHERE id = ${run}`,
    ).toEqual([{ command: 'adopt', seen: 2, stored: 1, known: 1, open: false }]);
  });

  it('leaves a second copy where it is, and makes no second row (I3)', async () => {
    await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest();
    await copyFile(rig.original('a.jpg'), rig.original('copy.jpg'));
    await writeFile(rig.original('x.jpg'), jpeg('twins'));
    await writeFile(rig.original('y.jpg'), jpeg('twins'));
    const { items, ...counts } = await adopt();
    expect(counts).toMatchObject({ recorded: 1, copies: 2, known: 1 });
    expect(items.find(({ path }) => path.endsWith('copy.jpg'))?.message).toContain(rig.original('a.jpg'));
    expect(await rows()).toHaveLength(2);
    expect(await rig.stored()).toHaveLength(4);
  });

  it('names what is no photo and leaves it', async () => {
    await mkdir(rig.original(''), { recursive: true });
    await writeFile(rig.original('a.txt'), 'text');
    await writeFile(rig.original('text.jpg'), 'text');
    await writeFile(rig.original('empty.jpg'), '');
    await symlink('/etc/hosts', rig.original('link.jpg'));
    await writeFile(Buffer.concat([Buffer.from(rig.original('odd')), Buffer.from([0xff])]), jpeg('odd'));
    const { items, ...counts } = await adopt();
    expect(counts).toMatchObject({ seen: 5, recorded: 0, ignored: 2, failed: 3 });
    expect(items.every(({ message }) => message !== null)).toBe(true);
    expect(await rows()).toEqual([]);
  });

  it('takes what is named, files and folders, by any way to them, and refuses what lies elsewhere', async () => {
    const { storageDir } = rig.config;
    const day = join(storageDir, 'Originals/2020/2020-01-01');
    await mkdir(day, { recursive: true });
    await mkdir(rig.original(''), { recursive: true });
    await writeFile(join(day, 'a.jpg'), jpeg('a'));
    await writeFile(join(day, 'b.jpg'), jpeg('b'));
    await writeFile(rig.original('c.jpg'), jpeg('c'));
    await writeFile(rig.original('d.jpg'), jpeg('d'));
    await symlink(storageDir, join(rig.root, 'way'));
    const named = await findNamedOriginals(storageDir, [join(rig.root, 'way/Originals/2020'), rig.original('c.jpg')]);
    expect(await adopt(named)).toMatchObject({ recorded: 3 });
    expect((await rows()).map(({ name }) => name)).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    for (const path of ['/etc/hosts', storageDir, join(day, 'none.jpg')])
      await expect(findNamedOriginals(storageDir, [path])).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('records the others when the database refuses one', async () => {
    await rig.database.sql`ALTER TABLE media_assets ADD CONSTRAINT no_b CHECK (original_name <> 'b.jpg')`;
    await mkdir(rig.original(''), { recursive: true });
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await writeFile(rig.original(name), jpeg(name));
    expect(await adopt()).toMatchObject({ recorded: 2, failed: 1 });
  });

  it('is what an ingest would have recorded that a crash cut off after placing', async () => {
    const path = await rig.drop('IMG_1.jpg', jpeg('one'));
    await rig.ingest();
    const [before] = await rig.database.sql`SELECT * FROM media_assets`;
    await rig.database.sql`DELETE FROM media_assets`;
    await adopt();
    const [after] = await rig.database.sql`SELECT * FROM media_assets`;
    // The folder of the inbox by which it came, and who else came by it, nobody knows any more.
    const { id, ingested_at, created_at, run_id, original_path, shot_key, group_pending, ...same } = after ?? {};
    expect(before).toMatchObject(same);
    expect([original_path === path, group_pending]).toEqual([false, true]);
  });

  it('keeps the file’s own time to the microsecond', async () => {
    await mkdir(rig.original(''), { recursive: true });
    await writeFile(rig.original('a.jpg'), jpeg('a'));
    await utimes(rig.original('a.jpg'), 1_700_000_000.123456, 1_700_000_000.123456);
    await adopt();
    expect(await rig.database.sql`SELECT extract(epoch FROM file_mtime)::text AS at FROM media_assets`).toEqual([
      { at: expect.stringMatching(/^1700000000\.12345[56]$/) },
    ]);
  });

  it('ends in between with what it has done so far, and goes on the next time', async () => {
    await mkdir(rig.original(''), { recursive: true });
    for (let n = 0; n < 30; n += 1) await writeFile(rig.original(`${n}.jpg`), jpeg(`${n}`));
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(adopt(null, stop.signal)).rejects.toThrow('enough');
    expect(await adopt()).toMatchObject({ seen: 30 });
    expect(await rows()).toHaveLength(30);
  });

  it('does not write a row for a file that is gone by then (I2)', async () => {
    await mkdir(rig.original(''), { recursive: true });
    await writeFile(rig.original('a.jpg'), jpeg('a'));
    await writeFile(rig.original('b.jpg'), jpeg('b'));
    const items: OriginalItem[] = [];
    const requireStorage = async () => {
      await rename(rig.original('b.jpg'), join(rig.root, 'b.jpg')).catch(() => {});
    };
    const { config, database: connection } = rig;
    const onEnd = (item: OriginalItem) => void items.push(item);
    const { signal } = new AbortController();
    await adoptOriginals({ config, connection, requireStorage, onEnd, log: openLog(config), signal }, null);
    expect((await rows()).map(({ name }) => name)).toEqual(['a.jpg']);
    expect(items.find(({ path }) => path.endsWith('b.jpg'))).toMatchObject({ end: 'failed' });
    await rm(join(rig.root, 'b.jpg'));
  });
});
