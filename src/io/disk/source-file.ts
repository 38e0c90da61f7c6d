import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type FileIdentity, identityOf, isUntouched } from '../../core/inbox-file.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
import type { Hasher } from './hasher.ts';

/** A regular file, held open: its bytes can be read whatever happens to its name. */
export type SourceFile = AsyncDisposable & {
  readonly path: string;
  readonly handle: FileHandle;
  /** What it was when it was opened: the S0 that every later look is compared with. */
  readonly identity: FileIdentity;
};

/**
 * Opens a file for reading, without following a link and without hanging on a pipe.
 *
 * @returns null when nothing that could be read is there (any more): gone, or a link, pipe, socket, device or folder
 * @throws FactoryError READ_FAILED
 */
export async function openSourceFile(path: string): Promise<SourceFile | null> {
  let handle: FileHandle | null = null;
  try {
    handle = await openQuietly(path);
    const stat = await handle.stat({ bigint: true });
    if (stat.isFile()) {
      const opened = handle;
      handle = null;
      return { path, handle: opened, identity: identityOf(stat), [Symbol.asyncDispose]: () => opened.close() };
    }
    return null;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(systemCodeOf(error) ?? '')) return null;
    throw new FactoryError('READ_FAILED', { reason: reasonOf(error) }, error);
  } finally {
    await handle?.close();
  }
}

const TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Linux only; elsewhere there is no such constant. */
const NO_ATIME: number | undefined = constants.O_NOATIME;

/** Leaves the time of the last access alone where it may: only a file's owner (or root) can ask for that. */
async function openQuietly(path: string): Promise<FileHandle> {
  if (NO_ATIME === undefined) return await open(path, TO_READ);
  try {
    return await open(path, TO_READ | NO_ATIME);
  } catch (error) {
    if (systemCodeOf(error) !== 'EPERM') throw error;
    return await open(path, TO_READ);
  }
}

/** The first bytes of the file, fewer when it is shorter. */
export async function readHead({ handle }: SourceFile, bytes: number): Promise<Buffer> {
  const head = Buffer.allocUnsafe(bytes);
  let filled = 0;
  try {
    while (filled < bytes) {
      const { bytesRead } = await handle.read(head, filled, bytes - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
  } catch (error) {
    throw new FactoryError('READ_FAILED', { reason: reasonOf(error) }, error);
  }
  return head.subarray(0, filled);
}

/** Whether the open file is still as it was when it was opened. */
export async function isStillUntouched({ handle, identity }: SourceFile): Promise<boolean> {
  return isUntouched(identityOf(await handle.stat({ bigint: true })), identity);
}

/**
 * Reads the whole file once.
 *
 * @returns its SHA-256, or null when the file changed while it was read
 * @throws FactoryError READ_FAILED
 */
export async function fingerprint(hasher: Hasher, source: SourceFile): Promise<string | null> {
  const sha256 = await hashOf(hasher, source);
  return (await isStillUntouched(source)) ? sha256 : null;
}

/**
 * The SHA-256 of the bytes that were read, whatever else happened to the file meanwhile: enough to find out whether it
 * still is what it should be. (Its ctime moves whenever a backup links it, or another link to it goes.)
 *
 * @throws FactoryError READ_FAILED; the signal's reason, when it is aborted
 */
export async function hashOf(hasher: Hasher, source: SourceFile, signal?: AbortSignal): Promise<string> {
  const sizeBytes = Number(source.identity.sizeBytes);
  try {
    return (await hasher.hash({ fd: source.handle.fd, sizeBytes }, signal)).sha256;
  } catch (error) {
    signal?.throwIfAborted();
    throw new FactoryError('READ_FAILED', { reason: reasonOf(error) }, error);
  }
}
