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

/** Files that are another program's business: bookkeeping, or not finished yet. */
const FOREIGN_FILES: readonly RegExp[] = [
  /^\.syncthing\..*\.tmp$/i, // Syncthing, Unix
  /^~syncthing~.*\.tmp$/i, // Syncthing, Windows
  /^\.stignore$/i,
  /^\._/, // macOS resource forks
  /^\.ds_store$/i,
  /^(thumbs|ehthumbs)\.db(:encryptable)?$/i,
  /^desktop\.ini$/i,
  /^\.nomedia$/i,
  /^\.(pending|trashed)-\d+-/i, // Android: being written, or thrown away by its owner
  /\.(part|partial|crdownload|download|opdownload|filepart|aria2|tmp|temp|!ut|!sync|!qb|bts|lftp-pget-status)$/i,
  /^\.[^/]+\.[A-Za-z0-9]{6}$/, // rsync's temporary: .name.ext.AbC123
  /^\.(nfs[0-9a-f]{8,}|fuse_hidden[0-9a-f]+|smbdelete)/i, // still open somewhere, deleted already
  /^\.~lock\./i,
  /^\.pf-/, // ours
];

/** Whether the inbox walk stays out of a folder of this name. */
export function isForeignFolder(name: string): boolean {
  return FOREIGN_FOLDERS.some((rule) => rule.test(name));
}

/** Whether a file of this name is never touched, whatever it contains. One rule for sweep, watcher and command line. */
export function isForeignFile(name: string): boolean {
  return FOREIGN_FILES.some((rule) => rule.test(name));
}
