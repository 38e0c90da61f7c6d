import { randomUUID } from 'node:crypto';
import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { closeQuietly } from '../disk/disk-failure.ts';
import { makeFoldersBelow, syncFolder } from '../disk/folders.ts';

/**
 * Puts a thumbnail in its place, whole or not at all, and lasting. What is there already is replaced: a thumbnail is named
 * by its photo's content and can be made again, so nothing that anybody needs is lost.
 *
 * @param path below `storageDir`, relative
 * @throws what the system says
 */
export async function storeThumbnail(storageDir: string, path: string, picture: Uint8Array): Promise<void> {
  const target = join(storageDir, path);
  const folder = dirname(target);
  await makeFoldersBelow(storageDir, folder);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}`);
  const handle = await open(temporary, 'wx');
  try {
    await handle.writeFile(picture);
    await handle.sync();
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined); // it must not hide why
    throw error;
  } finally {
    await closeQuietly(handle);
  }
  await syncFolder(folder);
  await removeLeftovers(folder, `.${basename(path)}.`);
}

/** Nobody takes so long to write a few hundred kilobytes. */
const LEFT_MS = 600_000;

/** What a worker left that was killed while it wrote this very picture. */
async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue;
    const left = join(folder, name);
    const ageMs = await stat(left).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0, // gone: another worker finished it
    );
    if (ageMs > LEFT_MS) await unlink(left).catch(() => undefined); // the next one does it
  }
}
