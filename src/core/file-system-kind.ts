/** What a file system's type means for photos. */
export type FileSystemKind = {
  readonly name: string;
  /** Another machine has the disk: no change notices, and a database must not live there. */
  readonly isNetwork: boolean;
  /** Gone with the next power cut. */
  readonly isVolatile: boolean;
  /** Every change moves ctime, by this machine's clock; elsewhere it is a server's, invented, or the mtime again. */
  readonly hasRealCtime: boolean;
  /**
   * Inode number, mtime and ctime are written on the disk, every change moves ctime, and no program can set it: another
   * content never has the same three again, whatever device number the volume is mounted under. Elsewhere inode numbers
   * are dealt out at each mount, or ctime is the mtime, which everybody can set.
   */
  readonly keepsIdentity: boolean;
  /** A disk of this machine that the kernel drives by itself: its calls do not hang because somebody else does. */
  readonly isPrompt: boolean;
};

const local = (name: string): FileSystemKind => ({
  name,
  isNetwork: false,
  isVolatile: false,
  hasRealCtime: true,
  keepsIdentity: true,
  isPrompt: true,
});
const foreign = (name: string): FileSystemKind => ({
  ...local(name),
  hasRealCtime: false,
  keepsIdentity: false,
  isPrompt: false,
});
const network = (name: string): FileSystemKind => ({ ...foreign(name), isNetwork: true });
const unixNetwork = (name: string): FileSystemKind => ({ ...network(name), keepsIdentity: true });
const volatile = (name: string): FileSystemKind => ({ ...local(name), isVolatile: true });

/** `f_type` of statfs(2); the numbers are linux/magic.h and the file systems' own sources. */
const KINDS: ReadonlyMap<number, FileSystemKind> = new Map([
  [0xef53, local('ext4')],
  [0x58465342, local('XFS')],
  [0x9123683e, local('btrfs')],
  [0x2fc12fc1, local('ZFS')],
  [0xca451a4e, local('bcachefs')],
  [0xf2f52010, local('F2FS')],
  [0x794c7630, local('overlay')],
  [0x2011bab0, foreign('exFAT')],
  [0x4d44, foreign('FAT')],
  [0x7366746e, foreign('NTFS')],
  [0x5346544e, foreign('NTFS')],
  [0x65735546, foreign('FUSE')],
  [0x01021994, volatile('tmpfs')],
  [0x858458f6, volatile('ramfs')],
  [0x6969, unixNetwork('NFS')],
  [0xff534d42, network('SMB')],
  [0xfe534d42, network('SMB')],
  [0x517b, network('SMB')],
  [0x00c36400, unixNetwork('CephFS')],
  [0x01021997, network('9p')],
]);

/** @returns null for a type that is not known here, which is no fault */
export function fileSystemKind(type: number): FileSystemKind | null {
  return KINDS.get(type) ?? null;
}
