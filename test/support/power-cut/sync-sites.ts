import { basename, dirname } from 'node:path';
import type { SiteOf } from './history.ts';
import { isBelow, type Layout } from './layout.ts';

/** Every place in the program where something is synced, and what for. */
export const SYNC_SITES: Readonly<Record<string, string>> = {
  'file in linkInPlace': 'the data of the inbox file, before it is linked',
  'folder in linkInPlace': 'the folder of the new name, after the link',
  'copy in finish': 'the copy or clone, before it gets its name',
  'folder in nameCopy': 'the folder of the new name, after the copy was linked there',
  'note in renameOverPlaceholder': 'the note that says where a placeholder is',
  'incoming in renameOverPlaceholder': 'the folder of that note, before the placeholder is made',
  'folder in renameOverPlaceholder': 'the folder of the new name, after the copy replaced the placeholder',
  'folder in settlePlaceholder': 'the folder of a placeholder that a crash left, before its note goes',
  'folder between in makeLast': 'the year’s folder, for the name of the day’s',
  'root in makeLast': 'Originals or Duplicates, for the names in it',
  'storage in makeLast': 'the storage, for the names of Originals and Duplicates',
  'file in adopt': 'a file that stands there already, before it is recorded',
  'file in secureOriginal': 'the stored original, before another copy of it goes',
  'folder in secureName': 'the folder of a file that stands there already',
  'folder in separateOriginal': 'the folder of an original that got an inode of its own',
  'file in examineOriginal': 'a file that is adopted, before it is recorded',
  'folder in recordBatch': 'its folder',
  'storage in recordBatch': 'the storage, for the name of Originals',
  'file in linkBack': 'the stored file that undo gives back, before it is linked into the inbox',
  'draft in finish': 'the copy or clone that undo makes, before it gets its name',
  'file in findInPlace': 'a file that lies in the inbox again already, before undo records it',
  'folder in giveBackBatch': 'the inbox folder of what undo put back, before it is recorded',
  'inbox in giveBackBatch': 'the inbox, for the names in it',
  'leaving in makeRemovalsLast': 'the folder of private names, before it is forgotten that a stored file is to go',
  'folder in removeEmptyFolders':
    'the folder of a stored file that undo removed, before it is forgotten that it is to go',
  'inbox in remakeInboxFolder': 'the inbox, for a folder that was made again for a file that gets its name back in it',
  'inbox in secureFoldersOfLeaving': 'the same, when a start before this one made the folder and was killed',
  'folder in removeSuperseded': 'the folder of a former name, before it is forgotten that it is to go',
  'folder in takeAway': 'the inbox folder, before a file that got its name back loses its private one',
  'private folder in requirePrivateFolder': 'the private folder, for the names in it',
  'storage in requirePrivateFolder': 'the storage, for the name of the private folder',
  'folder above in syncFoldersAbove': 'the folders above inbox and storage',
  'copy in writeSynced': 'the library’s marker, before it gets its name',
  'file in secureFile': 'a file of a storage that was copied, before the ledger relies on it',
  'folder in secureFiles': 'its folder',
  'marker in secureCopiedMarker': 'the marker of a storage that was copied, before the ledger relies on it',
  'storage in secureMarker': 'the storage, for the name of the marker',
};

/** Names the place of a sync: what is synced, and the function that wants it. */
export function syncSites(layout: Layout): SiteOf {
  return ({ action, callers }, kind) => {
    if (action.kind !== 'sync') return '';
    const caller = callers.find((name) => !HELPERS.has(name)) ?? 'nobody';
    return `${kind === 'file' ? fileRole(layout, action.path) : folderRole(layout, action.path, caller)} in ${caller}`;
  };
}

const HELPERS: ReadonlySet<string> = new Set([
  ...['syncFolder', 'syncFolderNow', 'syncFoldersUpTo', 'syncData', 'trySync', 'keepName', 'orUnusable'],
]);

/** Those that make the folders of an inbox last, and the inbox for their names. */
const INBOX_FOLDERS: ReadonlySet<string> = new Set(['giveBackBatch', 'remakeInboxFolder', 'secureFoldersOfLeaving']);

function fileRole({ incoming, marker }: Layout, path: string): string {
  if (dirname(path) === incoming) return path.endsWith('.placeholder') ? 'note' : 'copy';
  if (basename(path).startsWith('.pf-undo-')) return 'draft';
  return basename(path).startsWith(basename(marker)) ? 'marker' : 'file';
}

function folderRole(layout: Layout, path: string, caller: string): string {
  const { storage, incoming, originals, duplicates } = layout;
  if (INBOX_FOLDERS.has(caller) && path === layout.inbox) return 'inbox';
  if (path === storage) return 'storage';
  if (path === incoming) return 'incoming';
  if (path === layout.leaving) return 'leaving';
  if (path === dirname(incoming)) return 'private folder';
  if (caller === 'makeLast') return path === originals || path === duplicates ? 'root' : 'folder between';
  return isBelow(storage, path) || path === layout.inbox || isBelow(layout.inbox, path) ? 'folder' : 'folder above';
}
