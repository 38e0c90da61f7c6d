import { link, lstat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSameTime } from '../../core/file-time.ts';
import { type FileIdentity, identityOf, isSameContentState } from '../../core/inbox-file.ts';
import { systemCodeOf } from '../../errors.ts';
import { cloneToTemporary, copyToTemporary, type FinishedCopy } from './copy-original.ts';
import { isTakenOnDisk } from './folders.ts';
import { CANNOT_LINK, renameOverPlaceholder } from './give-name.ts';
import type { Hasher } from './hasher.ts';
import type { PrivateFolder } from './private-folder.ts';
import { hashOf, isStillUntouched, openSourceFile, type SourceFile, syncData } from './source-file.ts';

/** A stored file that goes back to a place in the inbox. */
export type Return = {
  /** The stored file, read and found to be what it should be. */
  readonly stored: SourceFile;
  readonly sha256: string;
  /** Where it goes; its folder is there. */
  readonly path: string;
  readonly mtimeNs: bigint;
  /** Whether the stored name goes afterwards, so that the two may share an inode until then. */
  readonly mayLink: boolean;
  /** A private name for a copy that is not whole yet; nothing has it. */
  readonly draft: string;
  /** Reads the copy again. */
  readonly hasher: Hasher;
};

/** The private name, beside the place in the inbox, of a copy that is not whole yet. The inbox walk never touches it. */
export function draftFor(path: string, arrivalId: bigint): string {
  return join(dirname(path), `.pf-undo-${arrivalId}`);
}

/**
 * Puts a stored file back into the inbox: linked, else copied, verified, with its time. Never over anything. Its data is on
 * the disk then; its folder is left to the caller to sync.
 *
 * @returns what lies there now; `taken` when something had the name, `changed` when the stored file is no longer what it was
 * @throws FactoryError COPY_MISMATCH, SYNC_FAILED; what the system says
 */
export async function putBack(folder: PrivateFolder, request: Return): Promise<FileIdentity | 'taken' | 'changed'> {
  try {
    return (await linkBack(request)) ?? (await copyBack(folder, request));
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return 'taken';
    throw error;
  }
}

/** @returns null when it cannot be linked, or a link would have another time than the file had */
async function linkBack({ stored, path, mtimeNs, mayLink }: Return): Promise<FileIdentity | 'changed' | null> {
  if (!mayLink || !isSameTime(stored.identity.mtimeNs, mtimeNs)) return null;
  await syncData(stored);
  try {
    await link(stored.path, path);
  } catch (error) {
    const code = systemCodeOf(error) ?? '';
    if (code === 'ENOENT') return 'changed';
    if (CANNOT_LINK.has(code)) return null;
    throw error;
  }
  // The name may have been given to another file since it was opened: what counts is what was linked.
  const linked = identityOf(await lstat(path, { bigint: true }));
  if (isSameContentState(linked, stored.identity)) return linked;
  await unlink(path);
  return 'changed';
}

/** Whoever interrupts `undo` lets the files in hand go back. */
const TO_THE_END = new AbortController().signal;

async function copyBack(folder: PrivateFolder, request: Return): Promise<FileIdentity | 'changed'> {
  const { stored, sha256, path, mtimeNs, draft, hasher } = request;
  const target = { path: draft, mtimeNs };
  const copy =
    (await cloneToTemporary(stored, target)) ??
    (await copyToTemporary(stored, { sha256, draft: target, hasher, signal: TO_THE_END }));
  if (copy === null) return 'changed';
  try {
    if (!(await isStillUntouched(stored))) return 'changed';
    await giveName(folder, copy, path);
  } finally {
    await removeDraft(draft);
  }
  return identityOf(await lstat(path, { bigint: true }));
}

async function giveName(folder: PrivateFolder, copy: FinishedCopy, path: string): Promise<void> {
  try {
    await link(copy.path, path);
  } catch (error) {
    if (!CANNOT_LINK.has(systemCodeOf(error) ?? '')) throw error;
    await renameOverPlaceholder(folder, copy, path);
  }
}

/** Removes a copy that was not finished; nothing happens when there is none. */
export async function removeDraft(draft: string): Promise<void> {
  try {
    await unlink(draft);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) throw error;
  }
}

/**
 * Looks at the place in the inbox where a file is to go back to.
 *
 * @param stored the file that is to go there; null when it is missing
 * @returns what is there, when it is this very content, on the disk to stay; null when the place is free
 * @throws FactoryError READ_FAILED, SYNC_FAILED
 */
export async function findInPlace(
  hasher: Hasher,
  path: string,
  { stored, sha256, sizeBytes }: { stored: SourceFile | null; sha256: string; sizeBytes: bigint },
): Promise<FileIdentity | 'taken' | null> {
  await using there = await openSourceFile(path);
  if (there === null) return (await isTakenOnDisk(path)) ? 'taken' : null;
  if (there.identity.sizeBytes !== sizeBytes) return 'taken';
  const isSameFile = stored !== null && isSameContentState(there.identity, stored.identity);
  if (!isSameFile && (await hashOf(hasher, there)) !== sha256) return 'taken';
  await syncData(there);
  return there.identity;
}
