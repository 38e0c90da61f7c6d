import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { FactoryError, systemCodeOf } from '../../errors.ts';
import { diskFailure, letGo } from './disk-failure.ts';
import type { Hasher } from './hasher.ts';
import { isStillUntouched, type SourceFile } from './source-file.ts';

const CHUNK_BYTES = 1 << 20;

/** A finished temporary file: whole, verified, synced, with the source's mtime; it only lacks its name. */
export type FinishedCopy = { readonly path: string };

/**
 * Shares the source's blocks with a new file (btrfs, XFS, bcachefs, APFS): as fast as a link, yet an inode of its own.
 *
 * @returns null when this file system or this pair of volumes cannot
 * @throws FactoryError SYNC_FAILED; what the system says. Nothing is left behind then.
 */
export async function cloneToTemporary(source: SourceFile, incoming: string): Promise<FinishedCopy | null> {
  const path = join(incoming, randomUUID());
  return orRemoved(path, async () => {
    try {
      // By descriptor where /proc has it: the name may belong to another file by now.
      await copyFile(pathOfOpenFile(source), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    } catch (error) {
      if (CANNOT_CLONE.has(systemCodeOf(error) ?? '')) return null;
      throw error;
    }
    const clone = await open(path, 'r+');
    try {
      await finish(clone, path, source);
    } finally {
      await letGo(clone);
    }
    return { path };
  });
}

const CANNOT_CLONE: ReadonlySet<string> = new Set([
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EXDEV',
  'EINVAL',
  'ENOTTY',
  'EPERM',
  'EACCES',
  'ENOENT',
  'EBADF',
]);

/**
 * Copies the open source to a new file on the target volume, syncs it, and reads it again: what counts is what the disk
 * gives back.
 *
 * @param sha256 what the source was found to be; the copy must be the same
 * @returns null when the source changed meanwhile
 * @throws FactoryError COPY_MISMATCH, SYNC_FAILED, READ_FAILED; ENOSPC and its like as they come. Nothing is left behind
 *   then.
 */
export async function copyToTemporary(
  source: SourceFile,
  sha256: string,
  { incoming, hasher }: { readonly incoming: string; readonly hasher: Hasher },
): Promise<FinishedCopy | null> {
  const path = join(incoming, randomUUID());
  return orRemoved(path, async () => {
    const target = await open(path, 'wx+', 0o666);
    try {
      const sizeBytes = await copyBytes(source, target);
      await finish(target, path, source);
      if ((await hashCopy(hasher, { path, target, sizeBytes })) === sha256) return { path };
      if (await isStillUntouched(source)) throw new FactoryError('COPY_MISMATCH', { path: incoming });
      return null;
    } finally {
      await letGo(target);
    }
  });
}

/** Removes the temporary when nothing comes of it. What cannot be removed now is removed at the next start. */
async function orRemoved(path: string, make: () => Promise<FinishedCopy | null>): Promise<FinishedCopy | null> {
  let copy: FinishedCopy | null = null;
  try {
    copy = await make();
    return copy;
  } finally {
    if (copy === null) await unlink(path).catch(() => undefined);
  }
}

/** @returns how many bytes were copied: one more than the source had, or some, when it grows meanwhile */
async function copyBytes(source: SourceFile, to: FileHandle): Promise<number> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let position = 0;
  while (position <= Number(source.identity.sizeBytes)) {
    const { bytesRead } = await source.handle.read(buffer, 0, CHUNK_BYTES, position).catch((error: unknown) => {
      throw source.failure(error);
    });
    if (bytesRead === 0) break;
    await writeWhole(to, buffer.subarray(0, bytesRead), position);
    position += bytesRead;
  }
  return position;
}

async function writeWhole(to: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await to.write(chunk, done, chunk.length - done, position + done);
    if (bytesWritten === 0) throw new Error('the disk takes no more bytes, and does not say why');
    done += bytesWritten;
  }
}

async function hashCopy(
  hasher: Hasher,
  { path, target, sizeBytes }: { path: string; target: FileHandle; sizeBytes: number },
): Promise<string> {
  const { sha256 } = await hasher.hash({ fd: target.fd, sizeBytes }).catch((error: unknown) => {
    throw diskFailure('PLACE_FAILED', { path }, error);
  });
  return sha256;
}

async function finish(copy: FileHandle, path: string, { handle, failure }: SourceFile): Promise<void> {
  const { atimeNs, mtimeNs } = await handle.stat({ bigint: true }).catch((error: unknown) => {
    throw failure(error);
  });
  await utimes(path, Number(atimeNs) / 1e9, Number(mtimeNs) / 1e9);
  await copy.sync().catch((error: unknown) => {
    throw diskFailure('SYNC_FAILED', { path }, error);
  });
}

function pathOfOpenFile({ handle, path }: SourceFile): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path;
}
