import { realpath, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FactoryError, systemCodeOf } from '../../errors.ts';
import { isBelow, isTakenOnDisk, makeFoldersBelow, syncFolder, syncFoldersUpTo } from './folders.ts';

/**
 * Makes a folder of the inbox again, unless it is there.
 *
 * @param inboxDir its real path
 * @throws FactoryError UNDO_INBOX_BLOCKED when a link stands in its way, which could lead anywhere; what the system says
 */
export async function requireInboxFolder(inboxDir: string, folder: string): Promise<void> {
  await makeFoldersBelow(inboxDir, folder);
  const real = await realpath(folder);
  if (real !== folder) throw new FactoryError('UNDO_INBOX_BLOCKED', { reason: `a link leads to ${real}` });
}

/**
 * Makes a folder of the inbox again that is gone, and makes it last.
 *
 * @param inboxDir its real path
 * @returns whether it was gone; false for what lies in no folder of this inbox
 * @throws as `requireInboxFolder` does
 */
export async function remakeInboxFolder(inboxDir: string, folder: string): Promise<boolean> {
  if (!isBelow(inboxDir, folder) || (await isTakenOnDisk(folder))) return false;
  await requireInboxFolder(inboxDir, folder);
  await syncFoldersUpTo(inboxDir, [dirname(folder)]); // for its name; it is empty itself
  return true;
}

/** Removes a folder that is empty and those above it that are empty then; never `root`. What is gone stays gone. */
export async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  let at = folder;
  for (; at !== root && isBelow(root, at); at = dirname(at)) {
    if (!(await removeIfEmpty(at))) break;
  }
  if (isBelow(root, at)) await syncFolder(at);
}

/** @returns whether it is gone */
async function removeIfEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    const code = systemCodeOf(error) ?? '';
    if (code === 'ENOENT') return true;
    if (['ENOTEMPTY', 'EEXIST', 'EBUSY', 'EACCES', 'EPERM', 'ENOTDIR'].includes(code)) return false;
    throw error;
  }
}
