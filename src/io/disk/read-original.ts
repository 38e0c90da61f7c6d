import { lstat } from 'node:fs/promises';
import { identityOf } from '../../core/inbox-file.ts';
import type { SeenOriginal } from '../../core/integrity.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
import { storageUnusable } from './disk-failure.ts';
import type { Hasher } from './hasher.ts';
import { hashOf, openSourceFile } from './source-file.ts';

/** What a storage says that is not there any more, of every file on it. That is nothing about this file. */
const STORAGE_GONE: ReadonlySet<string> = new Set([
  'ESTALE',
  'ENOTCONN',
  'ENODEV',
  'ESHUTDOWN',
  'EHOSTDOWN',
  'ETIMEDOUT',
]);
/** What this process has used up. */
const OUR_FAULT: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/**
 * Reads a stored original from its first byte to its last.
 *
 * @throws FactoryError STORAGE_UNUSABLE when the storage has gone, or when files or memory are used up; the signal's reason
 */
export async function readOriginal(hasher: Hasher, path: string, signal: AbortSignal): Promise<SeenOriginal> {
  try {
    await using file = await openSourceFile(path);
    if (file !== null) return { kind: 'file', identity: file.identity, sha256: await hashOf(hasher, file, signal) };
  } catch (error) {
    return unreadable(path, error);
  }
  const instead = await lookAtOriginal(path);
  // It came back in between, and was not read: the second look that every absence gets will read it.
  return instead.kind === 'file' ? { kind: 'absent', instead: null } : instead;
}

/** The same without reading it: there, how large, from when. Throws as `readOriginal` does. */
export async function lookAtOriginal(path: string): Promise<SeenOriginal> {
  try {
    const stat = await lstat(path, { bigint: true });
    if (stat.isFile()) return { kind: 'file', identity: identityOf(stat), sha256: null };
    const instead = stat.isSymbolicLink() ? 'a link' : stat.isDirectory() ? 'a folder' : 'no regular file';
    return { kind: 'absent', instead };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return { kind: 'absent', instead: null };
    return unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): SeenOriginal {
  const code = systemCodeOf(error);
  if (code === null) throw error;
  if (STORAGE_GONE.has(code) || OUR_FAULT.has(code))
    throw storageUnusable(path, error instanceof FactoryError ? error.cause : error);
  const reason = error instanceof FactoryError && error.cause !== undefined ? reasonOf(error.cause) : reasonOf(error);
  return { kind: 'unreadable', code, reason };
}
