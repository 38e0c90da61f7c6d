import { type FileHandle, mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { createLibrary, type Library, until } from '../support/daemon.ts';
import { filesBelow, jpeg } from '../support/ingest-rig.ts';
import { createTempFolder } from '../support/temp-folder.ts';

let library: Library;

beforeEach(async () => {
  library = await createLibrary();
  await mkdir(library.inbox);
  return () => library[Symbol.asyncDispose]();
});

/** So large that it is in the middle for a while, whatever the machine; its holes take no space on the disk. */
const VIDEO_BYTES = 2_000_000_000;

async function dropVideo(): Promise<string> {
  const path = join(library.inbox, 'video.jpg');
  const unfinished = join(library.inbox, '.syncthing.video.jpg.tmp');
  const file: FileHandle = await open(unfinished, 'w');
  await file.write(jpeg('video'));
  await file.truncate(VIDEO_BYTES);
  await file.close();
  await rename(unfinished, path);
  return path;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder).catch(() => []))
    bytes += (await stat(join(folder, name)).catch(() => ({ size: 0 }))).size;
  return bytes;
}

async function count(table: string): Promise<number> {
  const { sql } = library.database;
  const [row] = await sql<{ count: number }[]>`SELECT count(*)::int AS count FROM ${sql(table)}`;
  return row?.count ?? 0;
}

it('SIGTERM in the middle of a 2 GB copy ends with 0 in time, leaves nothing half-written, and the inbox file as it was', async () => {
  await using storage = await createTempFolder('/dev/shm');
  const incoming = join(storage.path, '.photo-factory/incoming');
  const daemon = await library.start({ STORAGE_DIR: storage.path, SHUTDOWN_GRACE_MS: '50' });
  const path = await dropVideo();
  const before = await stat(path, { bigint: true });
  await until(async () => (await bytesIn(incoming)) > VIDEO_BYTES / 20, 'a copy that is under way');
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  expect(await bytesIn(incoming)).toBe(0);
  expect(await filesBelow(join(storage.path, 'Originals'))).toEqual([]);
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  expect({ ino, size, mtimeNs, ctimeNs }).toEqual({
    ino: before.ino,
    size: before.size,
    mtimeNs: before.mtimeNs,
    ctimeNs: before.ctimeNs,
  });
  expect([await count('media_assets'), await count('inbox_arrivals')]).toEqual([0, 0]);
});

it('a second SIGTERM ends at once; the next start clears up, and files what was not filed', async () => {
  await using storage = await createTempFolder('/dev/shm');
  const incoming = join(storage.path, '.photo-factory/incoming');
  const daemon = await library.start({ STORAGE_DIR: storage.path, SHUTDOWN_GRACE_MS: '3600000' });
  const path = await dropVideo();
  await until(async () => (await bytesIn(incoming)) > VIDEO_BYTES / 20, 'a copy that is under way');
  daemon.process.kill('SIGSTOP'); // so that both signals are there before it is done
  daemon.process.kill('SIGTERM');
  daemon.process.kill('SIGCONT');
  await until(() => daemon.output().includes('stopping: files in work finish first'));
  const again = setInterval(() => daemon.process.kill('SIGTERM'), 100);
  const end = await daemon.ended;
  clearInterval(again);
  expect([0, 130]).toContain(end.code); // 0 on a machine that copies 2 GB within a second
  const next = await library.run(['ingest', '--json'], { STORAGE_DIR: storage.path });
  expect(next.code).toBe(0);
  expect(await bytesIn(incoming)).toBe(0);
  expect(await filesBelow(library.inbox)).toEqual([]);
  const [asset] = await library.database.sql<{ final_path: string; size_bytes: string; original_path: string }[]>`
    SELECT final_path, size_bytes, original_path FROM media_assets`;
  expect(asset).toMatchObject({ original_path: path, size_bytes: String(VIDEO_BYTES) });
  expect((await stat(asset?.final_path ?? '')).size).toBe(VIDEO_BYTES);
});
