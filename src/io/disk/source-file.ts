import { constants } from 'node:fs';
import { basename } from 'node:path';
import { type FileIdentity, identityOf, isUntouched } from '../../core/inbox-file.ts';
import { MEDIA_TYPE_HEAD_BYTES } from '../../core/media-type.ts';
import type { MediaType } from '../../core/metadata.ts';
import { type FactoryError, systemCodeOf } from '../../errors.ts';
import type { FastReading } from '../metadata/read-fast.ts';
import { readBytes } from '../read-bytes.ts';
import { disk, type OpenFile } from './calls.ts';
import { closeQuietly, diskFailure } from './disk-failure.ts';
import type { Hash, Hasher } from './hasher.ts';

/** A regular file, held open: its bytes can be read whatever happens to its name. */
export type SourceFile = AsyncDisposable & {
  readonly path: string;
  readonly handle: OpenFile;
  /** What it was when it was opened: the S0 that every later look is compared with. */
  readonly identity: FileIdentity;
  /** What it is called when this file cannot be read. */
  readonly failure: (error: unknown) => FactoryError;
};

/**
 * Opens a file for reading, without following a link and without hanging on a pipe.
 *
 * @returns null when nothing that could be read is there (any more): gone, or a link, pipe, socket, device or folder
 * @throws FactoryError READ_FAILED
 */
export function openSourceFile(path: string): Promise<SourceFile | null> {
  return openRegularFile(path, (error) => diskFailure('READ_FAILED', {}, error));
}

/**
 * The same for a stored original.
 *
 * @throws FactoryError ORIGINAL_UNREADABLE
 */
export function openStoredFile(path: string): Promise<SourceFile | null> {
  return openRegularFile(path, (error) => diskFailure('ORIGINAL_UNREADABLE', { path }, error));
}

const NOTHING_TO_READ: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO']);

async function openRegularFile(path: string, failure: SourceFile['failure']): Promise<SourceFile | null> {
  let handle: OpenFile;
  try {
    handle = await openQuietly(path);
  } catch (error) {
    if (NOTHING_TO_READ.has(systemCodeOf(error) ?? '')) return null;
    throw failure(error);
  }
  let isKept = false;
  try {
    const stat = await handle.stat({ bigint: true });
    isKept = stat.isFile();
    if (!isKept) return null;
    return { path, handle, identity: identityOf(stat), failure, [Symbol.asyncDispose]: () => closeQuietly(handle) };
  } catch (error) {
    throw failure(error);
  } finally {
    if (!isKept) await closeQuietly(handle);
  }
}

const TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Linux only; elsewhere there is no such constant. */
const NO_ATIME: number | undefined = constants.O_NOATIME;

/** Leaves the time of the last access alone where it may: only a file's owner (or root) can ask for that. */
async function openQuietly(path: string): Promise<OpenFile> {
  if (NO_ATIME === undefined) return await disk.open(path, TO_READ);
  try {
    return await disk.open(path, TO_READ | NO_ATIME);
  } catch (error) {
    if (systemCodeOf(error) !== 'EPERM') throw error;
    return await disk.open(path, TO_READ);
  }
}

/**
 * The first bytes of the file, fewer when it is shorter.
 *
 * @returns null when the file changed meanwhile
 * @throws FactoryError, the file's own failure
 */
export async function readHead(source: SourceFile, bytes: number): Promise<Buffer | null> {
  const wanted = Math.min(bytes, Number(source.identity.sizeBytes));
  const head = await readBytes(source.handle, 0, wanted).catch((error: unknown) => {
    throw source.failure(error);
  });
  if (head.length === wanted) return head;
  if (!(await isStillUntouched(source))) return null;
  throw endedTooEarly(source, head.length);
}

/**
 * Whether the open file is still as it was when it was opened.
 *
 * @throws FactoryError, the file's own failure
 */
export async function isStillUntouched(source: SourceFile): Promise<boolean> {
  return isUntouched(await identityNow(source), source.identity);
}

/**
 * Whether the open file has more names than one.
 *
 * @throws FactoryError, the file's own failure
 */
export async function hasOtherNames({ handle, failure }: SourceFile): Promise<boolean> {
  const { nlink } = await handle.stat({ bigint: true }).catch((error: unknown) => {
    throw failure(error);
  });
  return nlink > 1n;
}

/** @throws FactoryError, the file's own failure */
export async function identityNow({ handle, failure }: SourceFile): Promise<FileIdentity> {
  try {
    return identityOf(await handle.stat({ bigint: true }));
  } catch (error) {
    throw failure(error);
  }
}

/**
 * Reads the whole file once.
 *
 * @returns its SHA-256, or null when the file changed while it was read
 * @throws FactoryError, the file's own failure
 */
export async function fingerprint(hasher: Hasher, source: SourceFile): Promise<string | null> {
  const read = await hash(hasher, source);
  return (await isStillUntouched(source)) ? requireWhole(source, read) : null;
}

/** A file that was read once, from its start to its end. */
export type ReadPhoto =
  | {
      readonly kind: 'media';
      readonly sha256: string;
      readonly mediaType: MediaType;
      /** Null when nobody could read it so quickly. */
      readonly metadata: FastReading | null;
    }
  /** Neither photo nor video, by its beginning. */
  | { readonly kind: 'no media' };

/**
 * Reads the whole file once, if it is a photo or video: what it is, its SHA-256, and its metadata as far as they are easily read.
 *
 * @param nowMs milliseconds since 1970: no photo is younger
 * @returns null when the file changed while it was read
 * @throws FactoryError, the file's own failure
 */
export async function readPhoto(hasher: Hasher, source: SourceFile, nowMs: number): Promise<ReadPhoto | null> {
  const { path, handle, identity, failure } = source;
  const file = { fd: handle.fd, sizeBytes: Number(identity.sizeBytes), name: basename(path), nowMs };
  const reading = await hasher.readPhoto(file).catch((error: unknown) => {
    throw failure(error);
  });
  if (!(await isStillUntouched(source))) return null;
  if (reading.kind === 'media') {
    const { mediaType, metadata } = reading;
    return { kind: 'media', sha256: requireWhole(source, reading.hash), mediaType, metadata };
  }
  if (reading.bytesRead < Math.min(file.sizeBytes, MEDIA_TYPE_HEAD_BYTES))
    throw endedTooEarly(source, reading.bytesRead);
  return { kind: 'no media' };
}

/**
 * The SHA-256 of the bytes that were read, whatever else happened to the file meanwhile: enough to find out whether it
 * still is what it should be. (Its ctime moves whenever a backup links it, or another link to it goes.)
 *
 * @throws FactoryError, the file's own failure; the signal's reason, when it is aborted
 */
export async function hashOf(hasher: Hasher, source: SourceFile, signal?: AbortSignal): Promise<string> {
  return requireWhole(source, await hash(hasher, source, signal));
}

async function hash(hasher: Hasher, { handle, identity, failure }: SourceFile, signal?: AbortSignal): Promise<Hash> {
  try {
    return await hasher.hash({ fd: handle.fd, sizeBytes: Number(identity.sizeBytes) }, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw failure(error);
  }
}

/** A disk or share that ends a file before its end, and says nothing, must not make another photo of it. */
function requireWhole(source: SourceFile, { sha256, bytesRead }: Hash): string {
  if (bytesRead === Number(source.identity.sizeBytes)) return sha256;
  throw endedTooEarly(source, bytesRead);
}

function endedTooEarly({ identity, failure }: SourceFile, bytesRead: number): FactoryError {
  const error = new Error(`EIO: it has ${identity.sizeBytes} bytes, and ${bytesRead} could be read`);
  return failure(Object.assign(error, { code: 'EIO' }));
}

/**
 * Makes the file's bytes outlast a power cut.
 *
 * @throws FactoryError SYNC_FAILED; never to be tried again: the kernel forgets the failure, and would say that all is well
 */
export async function syncData({ handle, path }: SourceFile): Promise<void> {
  try {
    await handle.datasync();
  } catch (error) {
    throw diskFailure('SYNC_FAILED', { path }, error);
  }
}
