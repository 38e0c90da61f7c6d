import { lstat, readdir, readFile, rm, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { reasonOf } from '../../errors.ts';
import { storageUnusable } from './disk-failure.ts';
import { makeFoldersBelow, syncFolder } from './folders.ts';

/** Our own corner of the storage, on the same volume as Originals. Nothing in it is the only copy of anything. */
export type PrivateFolder = { readonly incoming: string; readonly leaving: string };

/**
 * Makes the private folder: `incoming` for copies that are not whole yet, `leaving` for inbox files on their way out.
 *
 * @throws FactoryError STORAGE_UNUSABLE
 */
export async function requirePrivateFolder(storageDir: string): Promise<PrivateFolder> {
  const root = join(storageDir, '.photo-factory');
  const folders = { incoming: join(root, 'incoming'), leaving: join(root, 'leaving') };
  try {
    for (const folder of Object.values(folders)) await makeFoldersBelow(storageDir, folder, 0o700);
    for (const folder of [root, storageDir]) await syncFolder(folder);
  } catch (error) {
    // It could be used a moment ago: full since then, read-only, or unmounted.
    throw storageUnusable(storageDir, error);
  }
  return folders;
}

/**
 * Removes what a crash left in `incoming`: unfinished copies, and the empty placeholders they were to replace.
 * Only whoever has the library to itself may call it.
 *
 * @returns what could not be removed, and why: a nuisance, and no reason to file nothing
 * @throws FactoryError STORAGE_UNUSABLE when the folder cannot be read
 */
export async function clearIncoming({ incoming }: PrivateFolder): Promise<{ path: string; reason: string }[]> {
  const names = await readdir(incoming).catch((error: unknown) => {
    throw storageUnusable(incoming, error);
  });
  const left: { path: string; reason: string }[] = [];
  for (const name of names) {
    const path = join(incoming, name);
    try {
      if (name.endsWith(PLACEHOLDER_NOTE)) await settlePlaceholder(await readFile(path, 'utf8'));
      await rm(path, { force: true, recursive: true });
    } catch (error) {
      left.push({ path, reason: reasonOf(error) });
    }
  }
  return left;
}

/** Ending of the note that says for which final name an empty placeholder was made. */
export const PLACEHOLDER_NOTE = '.placeholder';

/**
 * Removes an empty placeholder, and makes what is at its name last, be it nothing or the copy that replaced it: once the
 * note is gone, nobody would know of a placeholder that a power cut brings back.
 */
async function settlePlaceholder(path: string): Promise<void> {
  // A note that a power cut damaged names nothing: a placeholder that stays is only a name less.
  const stat = await lstat(path).catch(() => null);
  if (stat?.isFile() === true && stat.size === 0) await unlink(path);
  const folder = dirname(path);
  if (isAbsolute(path) && (await lstat(folder).catch(() => null)) !== null) await syncFolder(folder);
}
