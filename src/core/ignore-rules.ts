/** Folders that belong to other programs: never entered. */
const FOREIGN_FOLDERS: readonly RegExp[] = [
  /^\.stfolder( .*)?$/i, // Syncthing's marker: without it Syncthing stops
  /^\.stversions$/i, // Syncthing's old versions
  /^@eadir$/i, // Synology's indexes
  /^#(recycle|snapshot)$/i, // Synology
  /^@recycle$/i, // QNAP
  /^\.trash(es|-\d+)?$/i,
  /^\$recycle\.bin$/i,
  /^system volume information$/i,
  /^\.(spotlight-v100|fseventsd|temporaryitems|documentrevisions-v100)$/i,
  /^\.thumbnails$/i, // Android's and GNOME's previews
  /^\.~tmp~$/i, // rsync --delay-updates
  /^lost\+found$/i,
  /^\.(git|sync|snapshots?|zfs)$/i,
];

/** Files that other programs leave wherever they look, and that hold no photo. */
const BOOKKEEPING_FILES: readonly RegExp[] = [
  /^\.stignore$/i,
  /^\._/, // macOS resource forks
  /^\.ds_store$/i,
  /^(thumbs|ehthumbs)\.db(:encryptable)?$/i,
  /^desktop\.ini$/i,
  /^\.nomedia$/i,
  /^\.~lock\./i,
];

/** Files that are not finished yet, or no longer wanted: another program's business as long as they lie in the inbox. */
const UNFINISHED_FILES: readonly RegExp[] = [
  /^\.syncthing\..*\.tmp$/i, // Syncthing, Unix
  /^~syncthing~.*\.tmp$/i, // Syncthing, Windows
  /^\.(pending|trashed)-\d+-/i, // Android: being written, or thrown away by its owner
  /\.(part|partial|crdownload|download|opdownload|filepart|aria2|tmp|temp|!ut|!sync|!qb|bts|lftp-pget-status)$/i,
  /^\.[^/]+\.[A-Za-z0-9]{6}$/, // rsync's temporary: .name.ext.AbC123
  /^\.(nfs[0-9a-f]{8,}|fuse_hidden[0-9a-f]+|smbdelete)/i, // still open somewhere, deleted already
  /^\.pf-/, // ours
];

/** Whether the inbox walk stays out of a folder of this name. */
export function isForeignFolder(name: string): boolean {
  return FOREIGN_FOLDERS.some((rule) => rule.test(name));
}

/** Whether a file of this name is never touched, whatever it contains. One rule for sweep, watcher and command line. */
export function isForeignFile(name: string): boolean {
  return isBookkeepingFile(name) || UNFINISHED_FILES.some((rule) => rule.test(name));
}

/** Whether a file of this name is nothing to look after, wherever it lies. What only looks unfinished may be a photo. */
export function isBookkeepingFile(name: string): boolean {
  return BOOKKEEPING_FILES.some((rule) => rule.test(name));
}
