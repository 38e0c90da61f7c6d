import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { secondsForUtimes } from '../../core/file-time.ts';
import { FactoryError, systemCodeOf } from '../../errors.ts';
import { disk, type OpenFile } from './calls.ts';
import { closeQuietly, diskFailure } from './disk-failure.ts';
import type { Hasher } from './hasher.ts';
import { isStillUntouched, type SourceFile } from './source-file.ts';

/** Many photos may be copied at once. */
const CHUNK_BYTES = 256 * 1024;

/** Where a copy is made, under a private name that nobody has, and the mtime that it gets. */
export type Draft = { readonly path: string; readonly mtimeNs: bigint };

/** A draft of a copy with the source's own mtime. */
export function draftIn(folder: string, { identity }: SourceFile): Draft {
  return { path: join(folder, randomUUID()), mtimeNs: identity.mtimeNs };
}

/** A finished temporary file: whole, verified, synced, with its mtime; it only lacks its name. */
export type FinishedCopy = { readonly path: string };

/**
 * Shares the source's blocks with a new file (btrfs, XFS, bcachefs, APFS): as fast as a link, yet an inode of its own.
 *
 * @param onNever told when no file can be cloned from this volume to that one
 * @returns null when this file cannot
 * @throws FactoryError SYNC_FAILED; what the system says. Nothing is left behind then.
 */
export async function cloneToTemporary(
  source: SourceFile,
  draft: Draft,
  onNever: () => void = () => {},
): Promise<FinishedCopy | null> {
  const { path } = draft;
  return orRemoved(path, async () => {
    try {
      // By descriptor where /proc has it: the name may belong to another file by now.
      await copyFile(pathOfOpenFile(source), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    } catch (error) {
      const code = systemCodeOf(error) ?? '';
      if (NEVER_CLONES.has(code)) onNever();
      else if (!CANNOT_CLONE.has(code)) throw error;
      return null;
    }
    const clone = await disk.open(path, 'r+');
    try {
      await finish(clone, draft, source);
    } finally {
      await closeQuietly(clone);
    }
    return { path };
  });
}

/** The file system, or this pair of them. */
const NEVER_CLONES: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'ENOTTY']);
/** This file: btrfs says EINVAL of one that is not copied on write. */
const CANNOT_CLONE: ReadonlySet<string> = new Set(['EINVAL', 'EPERM', 'EACCES', 'ENOENT', 'EBADF']);

type Copying = {
  /** What the source was found to be; the copy must be the same. */
  readonly sha256: string;
  readonly draft: Draft;
  /** Reads the copy. */
  readonly hasher: Hasher;
  /** When it is aborted, the copy is given up. */
  readonly signal: AbortSignal;
};

/**
 * Copies the open source to a new file on the target volume, syncs it, and reads it again: what counts is what the disk
 * gives back.
 *
 * @returns null when the source changed meanwhile
 * @throws FactoryError COPY_MISMATCH, SYNC_FAILED, the source's own failure; ENOSPC and its like as they come; the signal's
 *   reason. Nothing is left behind then.
 */
export async function copyToTemporary(
  source: SourceFile,
  { sha256, draft, hasher, signal }: Copying,
): Promise<FinishedCopy | null> {
  const { path } = draft;
  return orRemoved(path, async () => {
    const target = await disk.open(path, 'wx+', 0o666);
    try {
      const sizeBytes = await copyBytes(source, target, signal);
      await finish(target, draft, source);
      if ((await hashCopy(hasher, { path, target, sizeBytes }, signal)) === sha256) return { path };
      if (await isStillUntouched(source)) throw new FactoryError('COPY_MISMATCH', { path: dirname(path) });
      return null;
    } finally {
      await closeQuietly(target);
    }
  });
}

/** Removes the temporary when nothing comes of it. What cannot be removed now is removed at the next start. */
async function orRemoved(path: string, make: () => Promise<FinishedCopy | null>): Promise<FinishedCopy | null> {
  const remove = () => disk.unlink(path).catch(() => undefined);
  try {
    const copy = await make();
    if (copy === null) await remove();
    return copy;
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') await remove(); // else it is not ours
    throw error;
  }
}

/** @returns how many bytes were copied; some more than the source had, when it grows meanwhile */
async function copyBytes(source: SourceFile, to: OpenFile, signal: AbortSignal): Promise<number> {
  // One byte more than there should be: whether it grows shows without another look.
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Number(source.identity.sizeBytes) + 1));
  let position = 0;
  while (position <= Number(source.identity.sizeBytes)) {
    signal.throwIfAborted();
    const { bytesRead } = await source.handle.read(buffer, 0, buffer.length, position).catch((error: unknown) => {
      throw source.failure(error);
    });
    if (bytesRead === 0) break;
    await writeWhole(to, buffer.subarray(0, bytesRead), position);
    position += bytesRead;
  }
  return position;
}

async function writeWhole(to: OpenFile, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await to.write(chunk, done, chunk.length - done, position + done);
    if (bytesWritten === 0)
      throw Object.assign(new Error('EIO: the disk takes no more bytes, and does not say why, write'), { code: 'EIO' });
    done += bytesWritten;
  }
}

async function hashCopy(
  hasher: Hasher,
  { path, target, sizeBytes }: { path: string; target: OpenFile; sizeBytes: number },
  signal: AbortSignal,
): Promise<string> {
  try {
    return (await hasher.hash({ fd: target.fd, sizeBytes }, signal)).sha256;
  } catch (error) {
    signal.throwIfAborted();
    throw diskFailure('PLACE_FAILED', { path }, error);
  }
}

async function finish(
  copy: OpenFile,
  { path, mtimeNs }: Draft,
  { handle, failure }: Pick<SourceFile, 'handle' | 'failure'>,
): Promise<void> {
  const { atimeNs } = await handle.stat({ bigint: true }).catch((error: unknown) => {
    throw failure(error);
  });
  await disk.utimes(path, secondsForUtimes(atimeNs), secondsForUtimes(mtimeNs));
  await copy.sync().catch((error: unknown) => {
    throw diskFailure('SYNC_FAILED', { path }, error);
  });
}

function pathOfOpenFile({ handle, path }: SourceFile): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path;
}
