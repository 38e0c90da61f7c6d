import { lstat, readdir, readFile, rm, unlink } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { FactoryError, reasonOf } from '../../errors.ts';
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
    const advice = 'Start again when that is mended; "photo-factory doctor" tells more.';
    throw new FactoryError('STORAGE_UNUSABLE', { path: storageDir, reason: reasonOf(error), advice }, error);
  }
  return folders;
}

/**
 * Removes what a crash left in `incoming`: unfinished copies, and the empty placeholders they were to replace.
 * Only whoever has the library to itself may call it.
 */
export async function clearIncoming({ incoming }: PrivateFolder): Promise<void> {
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    if (name.endsWith(PLACEHOLDER_NOTE)) await settlePlaceholder(await readFile(path, 'utf8'));
    await rm(path, { force: true, recursive: true });
  }
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
