import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
import { isStillUntouched, type SourceFile } from './source-file.ts';

const CHUNK_BYTES = 1 << 20;

/** A finished temporary file: whole, verified, synced, with the source's mtime; it only lacks its name. */
export type FinishedCopy = { readonly path: string };

/**
 * Shares the source's blocks with a new file (btrfs, XFS, bcachefs, APFS): as fast as a link, yet an inode of its own.
 *
 * @returns null when this file system or this pair of volumes cannot
 */
export async function cloneToTemporary(source: SourceFile, incoming: string): Promise<FinishedCopy | null> {
  const path = join(incoming, randomUUID());
  try {
    // By descriptor where /proc has it: the name may belong to another file by now.
    await copyFile(pathOfOpenFile(source), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  } catch (error) {
    if (CANNOT_CLONE.has(systemCodeOf(error) ?? '')) return null;
    throw error;
  }
  const handle = await open(path, 'r+');
  try {
    await finish(handle, path, source);
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
  { sha256, incoming, signal }: { sha256: string; incoming: string; signal: AbortSignal },
): Promise<FinishedCopy | null> {
  const path = join(incoming, randomUUID());
  const target = await open(path, 'wx', 0o666);
  try {
    const written = await copyBytes(source.handle, target, signal);
    if (written === sha256) {
      await finish(target, path, source);
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

async function finish(handle: FileHandle, path: string, { handle: from }: SourceFile): Promise<void> {
  const { atimeNs, mtimeNs } = await from.stat({ bigint: true });
  await utimes(path, toUtime(atimeNs), toUtime(mtimeNs));
  try {
    await handle.sync();
  } catch (error) {
    throw new FactoryError('SYNC_FAILED', { reason: reasonOf(error) }, error);
  }
}

/**
 * A time as `utimes` takes it, in seconds, so that it is the same to the microsecond. A number of today's seconds is only
 * exact to a quarter of one, and may fall below the microsecond that is meant: then the middle of that is taken.
 */
function toUtime(ns: bigint): string {
  const us = (ns - (((ns % 1000n) + 1000n) % 1000n)) / 1000n;
  const plain = Number(ns) / 1e9;
  const second = Math.floor(plain);
  const kept = BigInt(second) * 1_000_000n + BigInt(Math.floor((plain - second) * 1e6));
  // As text, because Node takes a negative number for the present.
  return String(kept === us ? plain : (Number(us) + 0.5) / 1e6);
}

function pathOfOpenFile({ handle, path }: SourceFile): string {
  return process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path;
}
