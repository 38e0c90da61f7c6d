import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { copyFile, lstat, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { asVolume } from '../../support/faults/volume.ts';
import { createIngestRig, filesBelow, type IngestRig, jpeg } from '../../support/ingest-rig.ts';
import { type DiskInterceptor, interposeDisk } from '../../support/interpose/disk.ts';

let rig: IngestRig;
let inbox: string;
let stored: string;

beforeEach(async () => {
  rig = await createIngestRig();
  inbox = await rig.drop('a.jpg', jpeg('one'));
  stored = join(rig.config.storageDir, 'Originals/2024/2024-05-06/a.jpg');
  await rig.ingest();
  return () => rig[Symbol.asyncDispose]();
});

const pending = () =>
  rig.database.sql`SELECT undo_pending_path FROM inbox_arrivals WHERE undo_pending_path IS NOT NULL`;

it('a duplicate that a crash left with its name and a private one has only its name afterwards', async () => {
  const again = await rig.drop('DCIM/again.jpg', jpeg('one'));
  const { run } = await rig.ingest();
  const [arrival] = await rig.database.sql<{ id: string }[]>`SELECT id FROM inbox_arrivals WHERE path = ${again}`;
  const draft = join(dirname(again), `.pf-undo-${arrival?.id}`);
  await rig.drop('DCIM/again.jpg', jpeg('one'));
  linkSync(again, draft);
  expect(await rig.undo(run)).toMatchObject({ refused: 0 });
  expect(await filesBelow(rig.config.inboxDir)).toEqual(['DCIM/again.jpg']);
});

describe('where there are no hard links', () => {
  /** Takes the run back; `meanwhile` happens just before the name in the inbox is taken. */
  async function undoWithoutLinks(meanwhile: () => void = () => {}) {
    const withoutLinks = asVolume('no links');
    const renames: (readonly string[])[] = [];
    using _interposed = await interposeDisk([rig.root], async (call, proceed) => {
      if (call.name === 'rename' && call.paths[1] === inbox) renames.push(call.paths);
      if (call.name === 'open' && call.paths[0] === inbox && call.args[1] === 'wx') meanwhile();
      return withoutLinks(call, proceed);
    });
    return { undone: await rig.undo(), renames };
  }

  const left = () => filesBelow(join(rig.config.storageDir, '.photo-factory'));

  it('a photo comes back as a copy that replaces an empty file of our own', async () => {
    const { undone, renames } = await undoWithoutLinks();
    expect(undone).toMatchObject({ moved: 1, refused: 0, unfinished: 0 });
    expect(renames).toEqual([[expect.stringContaining('/.pf-undo-'), inbox]]);
    expect(await readFile(inbox)).toEqual(jpeg('one'));
    expect((await lstat(inbox)).mtime).toEqual(new Date('2024-05-06T07:08:09Z'));
    expect(await rig.inbox()).toEqual(['a.jpg']);
    expect(await rig.stored()).toEqual([]);
    expect(await left()).toEqual([]);
  });

  it('a file that takes the place in the inbox keeps it (I5)', async () => {
    const { undone, renames } = await undoWithoutLinks(() => writeFileSync(inbox, 'another one'));
    expect(undone).toMatchObject({ items: [{ code: 'UNDO_INBOX_TAKEN' }] });
    expect(renames).toEqual([]);
    expect(await readFile(inbox, 'utf8')).toBe('another one');
    expect(await rig.inbox()).toEqual(['a.jpg']);
    expect(await readFile(stored)).toEqual(jpeg('one'));
    expect(await left()).toEqual([]);
  });
});

describe('between two steps of undo', () => {
  /** Takes the run back; `meanwhile` happens just before the n-th call of this name that names this path. */
  async function undoWith(
    { name, path, nth = 1 }: { name: string; path: string; nth?: number },
    meanwhile: () => void,
  ) {
    let left = nth;
    const intercept: DiskInterceptor = async (call, proceed) => {
      if (call.name === name && call.paths[0] === path) {
        left -= 1;
        if (left === 0) meanwhile();
      }
      return proceed();
    };
    using _interposed = await interposeDisk([rig.root], intercept);
    const undone = await rig.undo();
    expect(left).toBeLessThanOrEqual(0);
    return undone;
  }

  it('an inbox file that is written to is not the photo any more: the stored one stays (I6)', async () => {
    const other = jpeg('eno'); // as many bytes
    // The first look is at what was linked, the second one before the stored file goes.
    const undone = await undoWith({ name: 'lstat', path: inbox, nth: 3 }, () => {
      unlinkSync(inbox);
      writeFileSync(inbox, other);
    });
    expect(undone).toMatchObject({ unfinished: 1, items: [{ code: 'UNDO_REMOVE_FAILED' }] });
    expect(readFileSync(stored)).toEqual(jpeg('one'));
    expect(readFileSync(inbox)).toEqual(other);
  });

  it('an inbox file that vanishes in the last moment leaves the stored one where it is (I1)', async () => {
    const undone = await undoWith({ name: 'rename', path: stored }, () => unlinkSync(inbox));
    expect(undone).toMatchObject({ unfinished: 1 });
    expect(await readFile(stored)).toEqual(jpeg('one'));
  });

  it('a stored file that is replaced is not removed (I6)', async () => {
    await undoWith({ name: 'rename', path: stored }, () => {
      unlinkSync(stored);
      writeFileSync(stored, 'another one');
    });
    expect(await readFile(stored, 'utf8')).toBe('another one');
    expect(await readFile(inbox)).toEqual(jpeg('one'));
  });

  it('a file that takes the place in the inbox keeps it (I5)', async () => {
    const undone = await undoWith({ name: 'link', path: stored }, () => writeFileSync(inbox, 'another one'));
    expect(undone).toMatchObject({ items: [{ code: 'UNDO_INBOX_TAKEN' }] });
    expect(await readFile(inbox, 'utf8')).toBe('another one');
    expect(await readFile(stored)).toEqual(jpeg('one'));
    expect(await pending()).toEqual([]);
  });

  it('a stored name that is given to another file is noticed, and that file does not stay in the inbox', async () => {
    const undone = await undoWith({ name: 'link', path: stored }, () => {
      linkSync(stored, join(rig.root, 'kept.jpg'));
      unlinkSync(stored);
      writeFileSync(stored, 'another one');
    });
    expect(undone).toMatchObject({ items: [{ code: 'UNDO_CHANGED' }] });
    expect(await rig.inbox()).toEqual([]);
  });
});

describe('what a crash left to be removed', () => {
  beforeEach(async () => {
    await rig.undo();
    await mkdir(dirname(stored), { recursive: true });
    await copyFile(inbox, stored);
    await rig.database.sql`UPDATE inbox_arrivals SET undo_pending_path = ${stored}`;
  });

  it('goes at the next start, with its empty folders', async () => {
    await rig.ingest();
    expect(await filesBelow(join(rig.config.storageDir, 'Originals'))).toEqual([]);
    expect(await pending()).toEqual([]);
    expect(await readFile(inbox)).toEqual(jpeg('one'));
  });

  it('goes from its private name, too', async () => {
    const [row] = await rig.database.sql`SELECT id FROM inbox_arrivals`;
    await rename(stored, join(rig.config.storageDir, '.photo-factory/leaving', String(row?.['id'])));
    await rig.ingest();
    expect(await filesBelow(rig.config.storageDir)).toEqual([]);
    expect(await pending()).toEqual([]);
  });

  it.each(['gone', 'other content'])(
    'stays while the inbox file is %s, for every start to look again (I1)',
    async (now) => {
      const [row] = await rig.database.sql`SELECT id FROM inbox_arrivals`;
      await rename(stored, join(rig.config.storageDir, '.photo-factory/leaving', String(row?.['id'])));
      await unlink(inbox);
      if (now === 'other content') await writeFile(inbox, jpeg('eno')); // as many bytes
      await rig.undo('last').catch(() => undefined); // a look like that of any start, and nothing is filed
      expect(await readFile(stored)).toEqual(jpeg('one'));
      expect(await pending()).toHaveLength(1);
    },
  );

  it('stays for good once it is a photo of the library again', async () => {
    await rig.ingest({}, { held: true });
    expect(await rig.stored()).toEqual(['2024/2024-05-06/a.jpg']);
    expect(await pending()).toEqual([]);
  });

  it('stays when it is another file by now', async () => {
    await writeFile(stored, 'another one');
    await rig.ingest();
    expect(await readFile(stored, 'utf8')).toBe('another one');
    expect(await pending()).toEqual([]);
  });
});
