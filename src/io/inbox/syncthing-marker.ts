import { lstat, opendir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const MARKER = '.stfolder';

/**
 * Whether Syncthing looks after the inbox: it keeps a marker in each of its folders. That may be the inbox itself, a
 * folder in it (each phone has its own) or one that the inbox lies in.
 */
export async function isSharedBySyncthing(inboxDir: string): Promise<boolean> {
  for (let folder = inboxDir; ; folder = dirname(folder)) {
    if (await hasMarker(folder)) return true;
    if (folder === dirname(folder)) return hasMarkedFolder(inboxDir);
  }
}

async function hasMarkedFolder(inboxDir: string): Promise<boolean> {
  try {
    for await (const entry of await opendir(inboxDir)) {
      if (entry.isDirectory() && (await hasMarker(join(inboxDir, entry.name)))) return true;
    }
  } catch {
    // whatever is wrong with the inbox, it is no sign of Syncthing
  }
  return false;
}

async function hasMarker(folder: string): Promise<boolean> {
  try {
    await lstat(join(folder, MARKER));
    return true;
  } catch {
    return false; // not there, or nothing that could be told
  }
}
