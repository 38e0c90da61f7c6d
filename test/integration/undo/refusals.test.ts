import { link, mkdir, readFile, rename, rm, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createIngestRig, filesBelow, type IngestRig, inodeOf, jpeg } from '../../support/ingest-rig.ts';
import { dumpLedger } from '../../support/ledger-dump.ts';

let rig: IngestRig;

beforeEach(async () => {
  rig = await createIngestRig();
  return () => rig[Symbol.asyncDispose]();
});

/** Files `a.jpg` and, in the same run, another photo that always goes back. */
async function fileTwo(): Promise<{ inbox: string; stored: string }> {
  const inbox = await rig.drop('DCIM/a.jpg', jpeg('one'));
  await rig.drop('other.jpg', jpeg('other'));
  await rig.ingest();
  return { inbox, stored: join(rig.config.storageDir, 'Originals/2024/2024-05-06/a.jpg') };
}

/** Takes the run back and says why `a.jpg` could not go; the other one must, and `a.jpg` be as it was. */
async function refusal(asked: { force?: boolean } = {}): Promise<string | null | undefined> {
  const { moved, refused, items } = await rig.undo('last', asked);
  expect({ moved, refused }).toEqual({ moved: 1, refused: 1 });
  expect(await rig.database.sql`SELECT original_name FROM media_assets`).toEqual([{ original_name: 'a.jpg' }]);
  expect(await rig.database.sql`SELECT FROM inbox_arrivals WHERE undo_pending_path IS NOT NULL`).toHaveLength(0);
  const found = items.find(({ outcome }) => outcome === 'refused');
  expect(found?.message).toMatch(/\.$/);
  return found?.code;
}

describe('a file is refused, the others go back, and a second undo takes it along', () => {
  it('when the stored original has other content', async () => {
    const { stored } = await fileTwo();
    const good = await readFile(stored);
    const { mtime } = await stat(stored);
    await writeFile(stored, jpeg('two'));
    await utimes(stored, mtime, mtime);
    expect(await refusal()).toBe('UNDO_CHANGED');
    expect(await readFile(stored)).toEqual(jpeg('two'));
    expect(await rig.inbox()).toEqual(['other.jpg']);
    await writeFile(stored, good);
    expect(await rig.undo()).toMatchObject({ seen: 1, moved: 1 });
  });

  it('when it is missing', async () => {
    const { stored, inbox } = await fileTwo();
    await rename(stored, `${rig.root}/backup.jpg`);
    expect(await refusal()).toBe('UNDO_MISSING');
    await mkdir(dirname(stored), { recursive: true });
    await rename(`${rig.root}/backup.jpg`, stored);
    expect(await rig.undo()).toMatchObject({ seen: 1, moved: 1 });
    expect(await readFile(inbox)).toEqual(jpeg('one'));
  });

  it.each(['a file', 'a folder', 'a dangling link', 'an empty file'])(
    'when %s has its place in the inbox',
    async (what) => {
      const { inbox, stored } = await fileTwo();
      await mkdir(dirname(inbox), { recursive: true });
      if (what === 'a file') await writeFile(inbox, jpeg('eno')); // as many bytes
      if (what === 'an empty file') await writeFile(inbox, '');
      if (what === 'a folder') await mkdir(inbox);
      if (what === 'a dangling link') await symlink('/nowhere', inbox);
      expect(await refusal()).toBe('UNDO_INBOX_TAKEN');
      if (what === 'a file') expect(await readFile(inbox)).toEqual(jpeg('eno'));
      expect(await readFile(stored)).toEqual(jpeg('one'));
      await rm(inbox, { recursive: true });
      expect(await rig.undo()).toMatchObject({ seen: 1, moved: 1 });
    },
  );

  it('when a file stands where its folder was', async () => {
    await fileTwo();
    await rm(join(rig.config.inboxDir, 'DCIM'), { recursive: true });
    await writeFile(join(rig.config.inboxDir, 'DCIM'), 'no folder');
    expect(await refusal()).toBe('UNDO_INBOX_BLOCKED');
  });

  it('when a link where its folder was leads out of the inbox', async () => {
    await fileTwo();
    const outside = join(rig.root, 'outside');
    await mkdir(outside);
    await rm(join(rig.config.inboxDir, 'DCIM'), { recursive: true });
    await symlink(outside, join(rig.config.inboxDir, 'DCIM'));
    expect(await refusal()).toBe('UNDO_INBOX_BLOCKED');
    expect(await filesBelow(outside)).toEqual([]);
  });

  it('when somebody has curated it, unless forced', async () => {
    await fileTwo();
    await rig.database.sql`UPDATE media_assets SET is_curated = true WHERE original_name = 'a.jpg'`;
    expect(await refusal()).toBe('UNDO_CURATED');
    expect(await rig.undo('last', { force: true })).toMatchObject({ seen: 1, moved: 1 });
  });

  it('when its recorded place is not below the storage, whatever lies there', async () => {
    await fileTwo();
    const elsewhere = join(rig.root, 'mine.jpg');
    await writeFile(elsewhere, jpeg('one'));
    await rig.database.sql`UPDATE media_assets SET final_path = ${elsewhere} WHERE original_name = 'a.jpg'`;
    expect(await refusal({ force: true })).toBe('UNDO_OUTSIDE');
    expect(await readFile(elsewhere)).toEqual(jpeg('one'));
  });

  it('when it was never below the inbox of its run', async () => {
    await fileTwo();
    await rig.database.sql`UPDATE inbox_arrivals SET path = '/elsewhere/a.jpg' WHERE path LIKE '%/a.jpg'`;
    expect(await refusal()).toBe('UNDO_OUTSIDE');
  });
});

it('a photo of which the ledger no longer knows is refused', async () => {
  await rig.drop('a.jpg', jpeg('one'));
  await rig.ingest();
  await rig.database.sql`DELETE FROM media_assets`;
  expect(await rig.undo()).toMatchObject({ refused: 1, items: [{ code: 'UNDO_NO_PHOTO' }] });
});

it('a photo stays for as long as a duplicate that can only be made again from it cannot go back', async () => {
  for (const name of ['a.jpg', 'b.jpg']) await rig.drop(name, jpeg('one'));
  const { items = [] } = await rig.ingest();
  const duplicate = items.find(({ outcome }) => outcome === 'duplicate')?.path ?? '';
  await writeFile(duplicate, 'in the way');
  const codes = ['UNDO_INBOX_TAKEN', 'UNDO_DUPLICATE_STAYS'];
  expect((await rig.undo('last', { dryRun: true })).items.map(({ code }) => code)).toEqual(codes);
  expect((await rig.undo()).items.map(({ code }) => code)).toEqual(codes);
  expect(await rig.stored()).toHaveLength(1);
  await unlink(duplicate);
  expect(await rig.undo()).toMatchObject({ moved: 1, copied: 1, refused: 0 });
  expect(await rig.inbox()).toEqual(['a.jpg', 'b.jpg']);
});

describe('what lies in the inbox already is taken for what it is', () => {
  it('when it is the same content, whoever put it there', async () => {
    const { inbox } = await fileTwo();
    await writeFile(inbox, jpeg('one'));
    const inode = await inodeOf(inbox);
    expect(await rig.undo()).toMatchObject({ moved: 1, unrecorded: 1 });
    expect(await inodeOf(inbox)).toBe(inode);
    expect(await rig.stored()).toEqual([]);
    expect(await rig.ingest()).toMatchObject({ deferred: 2 });
  });

  it('when it is the stored file itself', async () => {
    const { inbox, stored } = await fileTwo();
    await link(stored, inbox);
    expect(await rig.undo()).toMatchObject({ moved: 1, unrecorded: 1 });
    expect(await rig.stored()).toEqual([]);
    expect(await readFile(inbox)).toEqual(jpeg('one'));
  });

  it('when somebody took the stored original back by hand', async () => {
    const { inbox, stored } = await fileTwo();
    await rename(stored, inbox);
    expect(await rig.undo()).toMatchObject({ moved: 1, unrecorded: 1, refused: 0 });
    expect(await readFile(inbox)).toEqual(jpeg('one'));
    expect(await rig.database.sql`SELECT FROM media_assets`).toHaveLength(0);
  });
});

describe('a duplicate that was set aside', () => {
  async function setAside(): Promise<string> {
    await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest();
    await rig.drop('sub/b.jpg', jpeg('one'));
    await rig.ingest({ DUPLICATES: 'set-aside' });
    return join(rig.config.storageDir, 'Duplicates/sub/b.jpg');
  }

  it('comes back from Duplicates, whose folders go when they are empty', async () => {
    const inode = await inodeOf(await setAside());
    expect(await rig.undo()).toMatchObject({ seen: 1, moved: 1 });
    expect(await inodeOf(join(rig.config.inboxDir, 'sub/b.jpg'))).toBe(inode);
    expect(await filesBelow(join(rig.config.storageDir, 'Duplicates'))).toEqual([]);
    await expect(stat(join(rig.config.storageDir, 'Duplicates/sub'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await rig.stored()).toHaveLength(1);
  });

  it('is made again from the original when somebody deleted it there', async () => {
    await unlink(await setAside());
    expect(await rig.undo()).toMatchObject({ seen: 1, copied: 1 });
    expect(await rig.inbox()).toEqual(['sub/b.jpg']);
    expect(await rig.stored()).toHaveLength(1);
  });

  it('is refused when it was changed there', async () => {
    const aside = await setAside();
    await unlink(aside);
    await writeFile(aside, 'edited');
    expect(await rig.undo()).toMatchObject({ items: [{ code: 'UNDO_CHANGED' }] });
    expect(await readFile(aside, 'utf8')).toBe('edited');
  });
});

it('a stored file that cannot be removed is told of, stays noted, and goes at the next start', async () => {
  await fileTwo();
  const leaving = join(rig.config.storageDir, '.photo-factory/leaving');
  await rm(leaving, { recursive: true });
  await writeFile(leaving, 'in the way');
  expect(await rig.undo()).toMatchObject({ moved: 2, unfinished: 2, items: [{ code: 'UNDO_REMOVE_FAILED' }, {}] });
  expect(await rig.stored()).toHaveLength(2);
  await unlink(leaving);
  expect(await rig.ingest()).toMatchObject({ seen: 2, deferred: 2 });
  expect(await rig.stored()).toEqual([]);
});

it('counts the copies in a backup that nobody knows of any more', async () => {
  await fileTwo();
  await rig.database.sql`UPDATE media_assets SET is_backed_up = true`;
  expect(await rig.undo()).toMatchObject({ moved: 2, backedUp: 2 });
});

it('a database that refuses the record leaves the inbox as it was', async () => {
  const { stored } = await fileTwo();
  const before = await dumpLedger(rig.database.sql);
  // The row is gone between the plan and the record, as if somebody had curated it in this very moment.
  await rig.database.sql.unsafe(`
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN CASE WHEN OLD.original_name = ''a.jpg'' THEN NULL ELSE OLD END; END';
    CREATE TRIGGER keep BEFORE DELETE ON media_assets FOR EACH ROW EXECUTE FUNCTION keep()`);
  expect(await refusal()).toBe('UNDO_ROW_CHANGED');
  expect(await rig.inbox()).toEqual(['other.jpg']);
  expect(await readFile(stored)).toEqual(jpeg('one'));
  const kept = (dump: typeof before) => dump['media_assets']?.filter((row) => JSON.stringify(row).includes('/a.jpg'));
  expect(kept(await dumpLedger(rig.database.sql))).toEqual(kept(before));
});
