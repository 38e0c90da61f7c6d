import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { watchInbox } from '../../../src/io/inbox/watcher.ts';
import { createLibrary, type Library, until } from '../../support/daemon.ts';
import { filesBelow, jpeg, sha256 } from '../../support/ingest-rig.ts';
import { CAN_MOUNT, mountFolder, mountMemory } from '../../support/volume.ts';

let library: Library;

beforeEach(async () => {
  library = await createLibrary();
  await mkdir(library.inbox);
  return () => library[Symbol.asyncDispose]();
});

const MB = 1 << 20;
const QUICK = { SWEEP_INTERVAL_MS: '300', DEFAULT_TIME_ZONE: 'UTC' };

function photo(text: string, megabytes: number): Buffer {
  return Buffer.concat([jpeg(text), Buffer.alloc(megabytes * MB, text)]);
}

async function drop(name: string, content: Uint8Array, folder = library.inbox): Promise<void> {
  await writeFile(join(folder, `.syncthing.${name}.tmp`), content);
  await rename(join(folder, `.syncthing.${name}.tmp`), join(folder, name));
}

async function librarian() {
  const [row] = await library.database.sql<{ status: string; task: string }[]>`
    SELECT status, current_task AS task FROM system_status WHERE service_name = 'librarian'`;
  return row ?? { status: '', task: '' };
}

/** Waits until the librarian says so of itself; when it does not, what it says instead is the failure. */
async function untilItSays(status: string, task = /./): Promise<void> {
  const isSo = async () => {
    const said = await librarian();
    return said.status === status && task.test(said.task);
  };
  await until(isSo).catch(async () => expect(await librarian()).toEqual({ status, task: expect.stringMatching(task) }));
}

async function assets() {
  return library.database.sql<{ file_hash: string; final_path: string }[]>`
    SELECT file_hash, final_path FROM media_assets ORDER BY original_name`;
}

/** Each photo that was ever dropped is stored, recorded and whole, and nothing else is (I1 to I4). */
async function expectAllStored(photos: readonly Buffer[], storage: string): Promise<void> {
  const rows = await assets();
  expect(rows.map((row) => row.file_hash).sort()).toEqual(photos.map(sha256).sort());
  for (const row of rows) expect(sha256(await readFile(row.final_path))).toBe(row.file_hash);
  expect(await filesBelow(join(storage, 'Originals'))).toHaveLength(photos.length);
  expect(await filesBelow(join(storage, '.photo-factory'))).toEqual([]);
}

describe.skipIf(!CAN_MOUNT)('a storage that is full', () => {
  it('pauses filing with ERROR and nothing half-written, and it goes on by itself when there is room again', async () => {
    await using disk = await mountMemory(18);
    const photos = [photo('one', 4), photo('two', 4), photo('three', 4)];
    await library.start({ ...QUICK, STORAGE_DIR: disk.path });
    await disk.fill(6 * MB);
    for (const [n, content] of photos.entries()) await drop(`${n}.jpg`, content);
    await until(async () => (await assets()).length > 0);
    await untilItSays('ERROR', /space/);
    // One or two, as their copies come in turn or side by side; never the third, and never a part of it.
    const filed = await filesBelow(join(disk.path, 'Originals'));
    expect([1, 2]).toContain(filed.length);
    await until(async () => (await filesBelow(library.inbox)).length === photos.length - filed.length);
    for (const name of filed)
      expect(photos.map(sha256)).toContain(sha256(await readFile(join(disk.path, 'Originals', name))));
    await disk.empty();
    await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox');
    await untilItSays('OK');
    await expectAllStored(photos, disk.path);
  });

  it('ends ingest with 12 and words; what was filed stays filed, and the next one does the rest', async () => {
    await using disk = await mountMemory(12);
    const env = { STORAGE_DIR: disk.path };
    expect((await library.run(['ingest'], env)).code).toBe(0);
    await disk.fill(6 * MB);
    const photos = [photo('one', 4), photo('two', 4)];
    for (const [n, content] of photos.entries()) await drop(`${n}.jpg`, content);
    const { code, stderr } = await library.run(['ingest'], env);
    expect([code, stderr]).toEqual([12, expect.stringMatching(/no space left/)]);
    await disk.empty();
    expect((await library.run(['ingest'], env)).code).toBe(0);
    await expectAllStored(photos, disk.path);
  });

  it('for one large video alone does not keep the photos beside it waiting', async () => {
    await using disk = await mountMemory(16);
    await library.start({ ...QUICK, STORAGE_DIR: disk.path });
    await disk.fill(8 * MB);
    const video = photo('large', 10);
    const photos = Array.from({ length: 8 }, (_, n) => photo(`${n}`, 0));
    await drop('large.jpg', video);
    for (const [n, content] of photos.entries()) await drop(`${n}.jpg`, content);
    await until(async () => (await assets()).length === photos.length, 'the photos');
    await untilItSays('WARNING', /1 file needs a look/);
    await until(async () => (await filesBelow(library.inbox)).join() === 'large.jpg', 'only the video is left');
    await disk.empty();
    await until(async () => (await assets()).length === photos.length + 1, 'the video');
    await expectAllStored([...photos, video], disk.path);
  });
});

describe.skipIf(!CAN_MOUNT)('an inbox', () => {
  it('that is full to the last byte is emptied all the same', async () => {
    await using disk = await mountMemory(8);
    const photos = Array.from({ length: 3 }, (_, n) => photo(`${n}`, 1));
    for (const [n, content] of photos.entries()) await drop(`${n}.jpg`, content, disk.path);
    await disk.fill();
    await library.start({ ...QUICK, PHOTOS_INBOX: disk.path });
    await until(async () => (await filesBelow(disk.path)).length === 1, 'only the ballast');
    await expectAllStored(photos, library.storage);
  });

  it('that is read-only for a while keeps its files until it is not', async () => {
    await using disk = await mountFolder();
    const daemon = await library.start({ ...QUICK, PHOTOS_INBOX: disk.path });
    await drop('a.jpg', photo('one', 0), disk.path);
    disk.setReadOnly(true);
    await until(async () => (await assets()).length === 1);
    await until(() => daemon.output().includes('RELEASE_FAILED'), 'a word about the inbox copy');
    expect(await filesBelow(disk.path)).toEqual(['a.jpg']);
    disk.setReadOnly(false);
    await until(async () => (await filesBelow(disk.path)).length === 0, 'an empty inbox');
    await expectAllStored([photo('one', 0)], library.storage);
  });

  it('that is unmounted and mounted again is watched as before', async () => {
    await using disk = await mountMemory(8);
    const daemon = await library.start({ SWEEP_INTERVAL_MS: '2000', PHOTOS_INBOX: disk.path });
    await drop('a.jpg', photo('one', 0), disk.path);
    await until(async () => (await assets()).length === 1);
    for (const again of ['once', 'twice']) {
      disk.unmount();
      const renewals = () => daemon.output().split('watching it anew').length;
      const before = renewals();
      await until(() => renewals() > before, `noticing that the inbox was unmounted ${again}`);
      disk.mountAgain();
      await until(() => renewals() > before + 1, `noticing that the inbox was mounted ${again}`);
    }
    await drop('b.jpg', photo('two', 0), disk.path);
    await until(async () => (await assets()).length === 2);
  });

  it('that is unmounted and mounted again gives hints as before', async () => {
    await using disk = await mountMemory(8);
    const hints: string[] = [];
    await using watcher = await watchInbox(disk.path, (hint) =>
      hints.push(hint.kind === 'path' ? hint.path : hint.kind),
    );
    const hintsOf = async (name: string) => {
      // The watcher takes a moment until it watches, and says nothing of what was before.
      await until(async () => {
        await writeFile(join(disk.path, name), `${performance.now()}`);
        return hints.includes(join(disk.path, name));
      }, `a hint of ${name}`);
    };
    await hintsOf('a.jpg');
    expect(await watcher.renew()).toBe(false);
    disk.unmount();
    await until(() => watcher.renew(), 'noticing that it is unmounted');
    disk.mountAgain();
    await until(() => watcher.renew(), 'noticing that it is mounted');
    await hintsOf('b.jpg');
    expect(await watcher.renew()).toBe(false);
  });
});

describe.skipIf(!CAN_MOUNT)('a storage', () => {
  it('that is made read-only under the daemon pauses filing, and it goes on when it is writable', async () => {
    await using disk = await mountFolder();
    await library.start({ ...QUICK, STORAGE_DIR: disk.path });
    await untilItSays('OK', /^Watching/);
    disk.setReadOnly(true);
    await drop('a.jpg', photo('one', 0));
    await untilItSays('ERROR', /read-only/);
    expect(await filesBelow(library.inbox)).toEqual(['a.jpg']);
    disk.setReadOnly(false);
    await until(async () => (await assets()).length === 1);
    await untilItSays('OK');
    await expectAllStored([photo('one', 0)], disk.path);
  });

  it('that is unmounted takes no file into the empty mount point, and calls nothing deleted', async () => {
    await using disk = await mountFolder();
    await library.start({ ...QUICK, STORAGE_DIR: disk.path });
    await drop('a.jpg', photo('one', 0));
    await until(async () => (await assets()).length === 1 && (await filesBelow(library.inbox)).length === 0);
    disk.unmount();
    await drop('b.jpg', photo('two', 0));
    await drop('a again.jpg', photo('one', 0)); // its original looks as if it were gone
    await untilItSays('ERROR', /Mount the disk/);
    const before = await assets();
    expect((await library.run(['status'], { STORAGE_DIR: disk.path })).code).toBe(3);
    expect((await library.run(['ingest'], { STORAGE_DIR: disk.path })).code).toBe(11);
    expect(await readdir(disk.path)).toEqual([]);
    expect(await assets()).toEqual(before);
    expect(await filesBelow(library.inbox)).toEqual(['a again.jpg', 'b.jpg']);
    disk.mountAgain();
    await until(async () => (await filesBelow(library.inbox)).length === 0, 'an empty inbox');
    await expectAllStored([photo('one', 0), photo('two', 0)], disk.path);
    const [row] = await library.database.sql`SELECT count(*)::int AS errors FROM media_assets WHERE has_errors`;
    expect(row).toEqual({ errors: 0 });
  });
});
