import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../../errors.ts';

/** Makes the names in a folder survive a power cut. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/**
 * The same for the folder's own name and those of all above it, which this program may have made, too: what hangs from a
 * name that a power cut takes away is gone.
 */
export function syncFolderAndAbove(path: string): void {
  syncFolder(path);
  if (path === dirname(path)) return;
  try {
    syncFolderAndAbove(dirname(path));
  } catch (error) {
    // Where we may not look we made nothing, and not every file system takes a sync of a folder that is not ours.
    if (['EIO', 'ENOSPC', 'EDQUOT'].includes(systemCodeOf(error) ?? '')) throw error;
  }
}
