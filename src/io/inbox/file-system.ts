import { statfs } from 'node:fs/promises';

/** Linux's magic numbers (linux/magic.h) of file systems whose ctime is the server's, invented, or the mtime again. */
const WITHOUT_REAL_CTIME: ReadonlyMap<number, string> = new Map([
  [0x4d44, 'FAT'],
  [0x2011bab0, 'exFAT'],
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
  [0x5346544e, 'NTFS'],
  [0x7366746e, 'NTFS'],
]);

/**
 * Whether a file's ctime can be compared with this machine's clock, so that one look tells how long a file was left
 * alone. Off Linux, or when nobody can tell (the folder may be gone), the answer is no: two looks are always right, only
 * slower.
 */
export async function hasRealCtime(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const found = await statfs(path).catch(() => null);
  return found !== null && !WITHOUT_REAL_CTIME.has(found.type >>> 0);
}
