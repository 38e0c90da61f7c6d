/**
 * Which file this is, and in which state: what `fstat` says, in nanoseconds and whole.
 *
 * A name proves nothing (it can be given to another file at any moment) and neither does a size alone.
 */
export type FileIdentity = {
  readonly device: bigint;
  readonly inode: bigint;
  readonly sizeBytes: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
};

/** A file seen in the inbox. `path` is absolute. */
export type InboxFile = { readonly path: string; readonly identity: FileIdentity };

/** The same file, untouched in every way the file system can tell. */
export function isUntouched(a: FileIdentity, b: FileIdentity): boolean {
  return isSameContentState(a, b) && a.ctimeNs === b.ctimeNs;
}

/** The same file with the same content, as far as stat can tell; its ctime may have moved, because linking moves it. */
export function isSameContentState(a: FileIdentity, b: FileIdentity): boolean {
  return a.device === b.device && a.inode === b.inode && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs;
}

/**
 * A file that was put down and left alone: the same content as far as stat can tell, whatever number its device has by
 * now. Network and pooled file systems get another one with each mount.
 */
export function isLeftAlone(a: FileIdentity, b: FileIdentity): boolean {
  return a.inode === b.inode && a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs;
}

/** The kernel's BigIntStats as an identity. Node reads its unsigned numbers as signed ones. */
export function identityOf(stat: {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
}): FileIdentity {
  return {
    device: BigInt.asUintN(64, stat.dev),
    inode: BigInt.asUintN(64, stat.ino),
    sizeBytes: stat.size,
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
  };
}
