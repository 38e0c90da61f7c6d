import { watch } from 'node:fs';
import {
  chmod,
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  statfs,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileSystemKind } from '../../../src/core/file-system-kind.ts';
import { until } from '../../support/daemon.ts';
import { createIngestRig, filesBelow, type IngestRig, inodeOf, jpeg } from '../../support/ingest-rig.ts';

const DAY = '2024/2024-05-06';
const FIXTURES = join(import.meta.dirname, '../../fixtures/photos');
const COPY = { INGEST_MODE: 'copy' };

let rig: IngestRig;

beforeEach(async () => {
  rig = await createIngestRig();
  return () => rig[Symbol.asyncDispose]();
});

const original = (name = 'a.jpg') => join(rig.config.storageDir, 'Originals', DAY, name);

/** Everything that can be said of every file and folder of the inbox without reading it. */
async function describeInbox(): Promise<Map<string, unknown>> {
  const { inboxDir } = rig.config;
  const names = ['.', ...(await readdir(inboxDir, { recursive: true }))].sort();
  const said = names.map(async (name) => {
    const stat = await lstat(join(inboxDir, name), { bigint: true });
    const { mode, uid, gid, ino, nlink, size, mtimeNs, ctimeNs, atimeNs } = stat;
    // Whoever lists a folder moves its atime, also we.
    return [
      name,
      { mode, uid, gid, ino, nlink, size, mtimeNs, ctimeNs, ...(stat.isFile() ? { atimeNs } : {}) },
    ] as const;
  });
  return new Map(await Promise.all(said));
}

describe('the inbox', () => {
  it('stays what it is to the last nanosecond: bytes, names, modes, mtimes, ctimes, atimes', async () => {
    const photos = ['plain.jpg', 'exif-gps.jpg', 'exif.heic', 'exif.tif'];
    await mkdir(join(rig.config.inboxDir, 'DCIM/Camera'), { recursive: true });
    for (const name of photos) {
      const path = join(rig.config.inboxDir, 'DCIM/Camera', name);
      await copyFile(join(FIXTURES, name), path);
      // Read before it was last changed: with `relatime` the next reading moves the time of access.
      await utimes(path, new Date('2020-01-01T00:00:00Z'), new Date('2024-05-06T07:08:09Z'));
    }
    await rig.drop('twin.jpg', await readFile(join(FIXTURES, 'plain.jpg')));
    await rig.drop('empty.jpg', '');
    await rig.drop('notes.txt', 'no photo');
    await rig.drop('.syncthing.b.jpg.tmp', 'half a photo');
    const before = await describeInbox();
    const expected = { stored: photos.length, duplicates: 1, rejected: 1, ignored: 2, failed: 0 };
    expect(await rig.ingest(COPY)).toMatchObject(expected);
    expect(await rig.ingest(COPY)).toMatchObject({ known: photos.length + 1, rejected: 1, ignored: 2, failed: 0 });
    expect(await describeInbox()).toEqual(before);
    for (const name of photos)
      expect(await readFile(join(rig.config.inboxDir, 'DCIM/Camera', name))).toEqual(
        await readFile(join(FIXTURES, name)),
      );
  });

  it('never holds a name of ours, not even for a moment', async () => {
    for (let n = 0; n < 20; n += 1) await rig.drop(`${n % 3}/${n}.jpg`, jpeg(`photo ${n % 15}`));
    const seen: string[] = [];
    const watchers = ['.', '0', '1', '2'].map((folder) =>
      watch(join(rig.config.inboxDir, folder), (event, name) => seen.push(`${event} ${folder}/${name}`)),
    );
    try {
      await rig.ingest(COPY);
      await rig.ingest(COPY);
      await writeFile(join(rig.config.inboxDir, 'last.jpg'), 'x');
      await until(() => seen.some((event) => event.endsWith('./last.jpg')));
      expect(seen.filter((event) => !event.endsWith('./last.jpg'))).toEqual([]);
    } finally {
      for (const watcher of watchers) watcher.close();
    }
  });
});

/** What read(2) and its like have brought this process. */
async function bytesRead(): Promise<number> {
  return Number(/rchar: (\d+)/.exec(await readFile('/proc/self/io', 'utf8'))?.[1]);
}

describe('what is known', () => {
  it.runIf(process.platform === 'linux')('is not read again', async () => {
    const photoBytes = 3_000_000;
    const photos = 10;
    for (let n = 0; n < photos; n += 1)
      await rig.drop(`${n}.jpg`, Buffer.concat([jpeg(`photo ${n}`), Buffer.alloc(photoBytes)]));
    const before = await bytesRead();
    expect(await rig.ingest(COPY)).toMatchObject({ stored: photos });
    const first = await bytesRead();
    expect(await rig.ingest(COPY)).toMatchObject({ seen: photos, known: photos });
    const second = await bytesRead();
    expect(first - before).toBeGreaterThan(photos * photoBytes);
    expect(second - first).toBeLessThan(photoBytes);
  });

  it('is found again whatever its name', async () => {
    const names = [
      `"quoted".jpg`,
      `back\\slash.jpg`,
      `{a,b}.jpg`,
      'NULL',
      ' .jpg',
      'new\nline.jpg',
      `'; --.jpg`,
      '🏖️.jpg',
    ];
    for (const name of names) await rig.drop(name, jpeg(name));
    expect(await rig.ingest(COPY)).toMatchObject({ stored: names.length });
    expect(await rig.ingest(COPY)).toMatchObject({ seen: names.length, known: names.length });
  });

  it('is filed again when its asset was deleted from the ledger', async () => {
    await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest(COPY);
    await rig.database.sql`DELETE FROM media_assets`;
    expect(await rig.ingest(COPY)).toMatchObject({ stored: 1 });
    expect(await rig.ingest(COPY)).toMatchObject({ known: 1 });
  });
});

type Change = (path: string) => Promise<unknown>;

const rewriteInSecret: Change = async (path) => {
  const { atime, mtime } = await lstat(path);
  await writeFile(path, jpeg('two'));
  await utimes(path, atime, mtime);
};

const replaceByTwin: Change = async (path) => {
  await copyFile(path, `${path}.tmp`);
  const { atime, mtime } = await lstat(path);
  await utimes(`${path}.tmp`, atime, mtime);
  await rename(`${path}.tmp`, path);
};

describe('after a change', () => {
  // Whatever moves ctime makes the file a new arrival, and it is read: nothing less can tell that its bytes are the same.
  it.each<[string, Change, object, number]>([
    ['touch', (path) => utimes(path, new Date(), new Date()), { duplicates: 1 }, 1],
    ['chmod', (path) => chmod(path, 0o600), { duplicates: 1 }, 1],
    ['a second hard link', (path) => link(path, join(rig.root, 'linked')), { duplicates: 1 }, 1],
    ['a new name', (path) => rename(path, join(dirname(path), 'b.jpg')), { duplicates: 1 }, 1],
    ['a copy in its place, with its size and mtime', replaceByTwin, { duplicates: 1 }, 1],
    ['other bytes of the same size, with its mtime put back', rewriteInSecret, { stored: 1 }, 2],
    ['it went', unlink, { seen: 0 }, 1],
  ])('%s, it is read once more, and known from then on', async (_, change, expected, assets) => {
    const path = await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest(COPY);
    await change(path);
    expect(await rig.ingest(COPY)).toMatchObject({ failed: 0, ...expected });
    const { seen, known } = await rig.ingest(COPY);
    expect(known).toBe(seen);
    expect(await rig.stored()).toHaveLength(assets);
    expect(await readFile(original())).toEqual(jpeg('one'));
    expect(await rig.inbox()).toHaveLength(seen);
  });

  it('the name given to another photo makes that one new, and its way back a duplicate', async () => {
    const [a, b] = [await rig.drop('a.jpg', jpeg('one')), await rig.drop('b.jpg', jpeg('two'))];
    await rig.ingest(COPY);
    await rename(a, join(rig.root, 'kept'));
    await rename(b, a);
    await rename(join(rig.root, 'kept'), b);
    expect(await rig.ingest(COPY)).toMatchObject({ duplicates: 2 });
    expect(await rig.ingest(COPY)).toMatchObject({ known: 2 });
    expect(await rig.stored()).toHaveLength(2);
  });
});

const keepsIdentity = fileSystemKind((await statfs(tmpdir())).type >>> 0)?.keepsIdentity ?? false;

describe('after a remount under another device number', () => {
  const remount = () => rig.database.sql`UPDATE inbox_arrivals SET device = device + 1`;

  it.runIf(keepsIdentity)('nothing is read again where inode and ctime are the disk’s own', async () => {
    for (let n = 0; n < 5; n += 1) await rig.drop(`${n}.jpg`, jpeg(`${n}`));
    await rig.drop('empty.jpg', '');
    await rig.ingest(COPY);
    await remount();
    expect(await rig.ingest(COPY)).toMatchObject({ known: 5, rejected: 1 });
    expect(await rig.database.sql`SELECT FROM inbox_arrivals`).toHaveLength(6);
  });

  it('another photo is still told from the one that was there', async () => {
    const path = await rig.drop('a.jpg', jpeg('one'));
    await rig.ingest(COPY);
    await remount();
    await rewriteInSecret(path);
    expect(await rig.ingest(COPY)).toMatchObject({ stored: 1 });
  });
});

describe('after move mode was interrupted', () => {
  const settled = async (path: string) => {
    expect(await rig.ingest(COPY)).toMatchObject({ seen: 1, failed: 0 });
    expect(await readFile(path)).toEqual(jpeg('one'));
    expect(await readFile(original())).toEqual(jpeg('one'));
    expect(await inodeOf(original())).not.toBe(await inodeOf(path));
    expect(await filesBelow(join(rig.config.storageDir, '.photo-factory'))).toEqual([]);
    expect(await rig.stored()).toEqual([`${DAY}/a.jpg`]);
    expect(await rig.database.sql`SELECT FROM inbox_arrivals WHERE release_pending`).toHaveLength(0);
  };

  it.each(['under its own name', 'under the private name'])(
    'before the release, the inbox copy stays, and the original gets bytes of its own (%s)',
    async (where) => {
      const path = await rig.drop('a.jpg', jpeg('one'));
      await link(path, join(rig.root, 'kept'));
      await rig.ingest();
      const [row] = await rig.database.sql`UPDATE inbox_arrivals SET release_pending = true RETURNING id`;
      const leaving = join(rig.config.storageDir, '.photo-factory/leaving', String(row?.['id']));
      await rename(join(rig.root, 'kept'), where === 'under its own name' ? path : leaving);
      await rm(original());
      await link(where === 'under its own name' ? path : leaving, original()); // as move mode links where it cannot clone
      await settled(path);
    },
  );

  it('before it was recorded, what it linked is adopted, and gets bytes of its own', async () => {
    const path = await rig.drop('a.jpg', jpeg('one'));
    await mkdir(dirname(original()), { recursive: true });
    await link(path, original());
    await settled(path);
  });
});
