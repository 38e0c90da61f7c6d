/**
 * What a person can do about a file, folder or disk that refuses.
 *
 * @param code the system's error name; null when there is none
 */
export function adviseOnDisk(code: string | null): string {
  switch (code) {
    case 'EIO':
    case 'ENXIO':
    case 'ENODEV':
      return 'The disk, its cable or the share may be failing: look into the system’s log (dmesg), and have a backup.';
    case 'EACCES':
    case 'EPERM':
      return 'Allow it to the user that this program runs as; "photo-factory doctor" says how.';
    case 'ENOSPC':
      return 'The disk is full (or out of inodes): make room.';
    case 'EDQUOT':
      return 'The quota is used up: make room, or raise it.';
    case 'EROFS':
      return 'It is mounted read-only: after an error of the disk the system does that by itself. Check the disk and mount it writable.';
    case 'ESTALE':
    case 'ENOTCONN':
    case 'ETIMEDOUT':
    case 'EHOSTDOWN':
    case 'EHOSTUNREACH':
      return 'The share does not answer: check its server and the network, and mount it again.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open: raise the limit (ulimit -n), or lower INGEST_CONCURRENCY.';
    case 'ENOENT':
    case 'ENOTDIR':
      return 'Something took it away meanwhile, or its disk is no longer mounted.';
    default:
      return 'It is tried again; if it stays so, run "photo-factory doctor".';
  }
}
