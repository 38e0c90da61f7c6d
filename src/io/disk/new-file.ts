import { randomUUID } from 'node:crypto';
import { lstat, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { systemCodeOf } from '../../errors.ts';
import { syncFolder } from './folders.ts';
import { publish } from './publish.ts';

/**
 * Writes a new file for its owner's eyes: whole, synced to the disk, then named; it never replaces another. Compressed
 * when its name ends in `.gz`.
 *
 * @param path absolute
 * @param bytes what it throws leaves no file behind
 * @returns the file's size in bytes
 * @throws EEXIST when the name is taken, also before anything is asked of `bytes`; whatever else the system says
 */
export async function writeNewFile(path: string, bytes: AsyncIterable<Buffer>): Promise<number> {
  if (await isTaken(path)) throw Object.assign(new Error('the file exists'), { code: 'EEXIST' });
  const temporary = join(dirname(path), `.photo-factory-${randomUUID()}.partial`);
  await using file = await open(temporary, 'wx', 0o600);
  try {
    for await (const chunk of path.endsWith('.gz') ? gzipped(bytes) : bytes) await file.writeFile(chunk);
    await file.sync();
    const { size } = await file.stat();
    await publish(temporary, path);
    await syncFolder(dirname(path)).catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw error;
    });
    return size;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function isTaken(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function* gzipped(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gzip = createGzip();
  const fed = pipeline(bytes, gzip);
  fed.catch(() => undefined); // it breaks the reading below, too
  yield* gzip;
  await fed;
}
