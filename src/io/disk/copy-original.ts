import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { secondsForUtimes } from '../../core/file-time.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
import { isStillUntouched, type SourceFile } from './source-file.ts';

const CHUNK_BYTES = 1 << 20;

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
 * @returns null when this file system or this pair of volumes cannot
 */
export async function cloneToTemporary(source: SourceFile, draft: Draft): Promise<FinishedCopy | null> {
  const { path } = draft;
  try {
    // By descriptor where /proc has it: the name may belong to another file by now.
    await copyFile(pathOfOpenFile(source), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch (error) {
    if (CANNOT_CLONE.has(systemCodeOf(error) ?? '')) return null;
    throw error;
  }
  const handle = await open(path, 'r+');
  try {
    await finish(handle, draft, source);
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
  return { path };
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
 * Copies the open source to a new file on the target volume, hashing what is *written*.
 *
 * @param sha256 what the source was found to be; the copy must be the same
 * @param signal when it is aborted, the copy is given up
 * @returns null when the source changed meanwhile
 * @throws FactoryError COPY_MISMATCH, SYNC_FAILED; ENOSPC and its like as they come; the signal's reason. Nothing is left
 *   behind then.
 */
export async function copyToTemporary(
  source: SourceFile,
  { sha256, draft, signal }: { sha256: string; draft: Draft; signal: AbortSignal },
): Promise<FinishedCopy | null> {
  const { path } = draft;
  const target = await open(path, 'wx', 0o666);
  try {
    const written = await copyBytes(source.handle, target, signal);
    if (written === sha256) {
      await finish(target, draft, source);
      return { path };
    }
    if (await isStillUntouched(source)) throw new FactoryError('COPY_MISMATCH');
  } catch (error) {
    await unlink(path).catch(() => undefined); // what could not be removed now is removed at the next start
    throw error;
  } finally {
    await target.close();
  }
  await unlink(path);
  return null;
}

async function copyBytes(from: FileHandle, to: FileHandle, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await from.read(buffer, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex');
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    await writeWhole(to, chunk, position);
    position += bytesRead;
  }
}

async function writeWhole(to: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await to.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

async function finish(handle: FileHandle, { path, mtimeNs }: Draft, { handle: from }: SourceFile): Promise<void> {
  const { atimeNs } = await from.stat({ bigint: true });
  await utimes(path, secondsForUtimes(atimeNs), secondsForUtimes(mtimeNs));
  try {
    await handle.sync();
  } catch (error) {
    throw new FactoryError('SYNC_FAILED', { reason: reasonOf(error) }, error);
  }
}

function pathOfOpenFile({ handle, path }: SourceFile): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path;
}
