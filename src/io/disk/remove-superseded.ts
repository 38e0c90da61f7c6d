import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCodeOf } from '../../errors.ts';
import { diskFailure } from './disk-failure.ts';
import { syncFolder } from './folders.ts';
import type { Hasher } from './hasher.ts';
import { hashOf, hasOtherNames, type SourceFile } from './source-file.ts';

type Tools = {
  readonly hasher: Hasher;
  /** Null when surely nothing is there: what is said to be gone is forgotten. */
  readonly openStored: (path: string) => Promise<SourceFile | null>;
};

type Superseded = { readonly path: string; readonly keptPath: string; readonly fileHash: string };

/**
 * Removes a name below Originals whose file is kept under another one, for good. Both are read first: nothing goes unless
 * the kept file is whole, and nothing goes that is other content.
 *
 * @returns whether the name is gone; false when it stays, because one of the two is not what it should be
 * @throws FactoryError ORIGINAL_UNREADABLE, SYNC_FAILED
 */
export async function removeSuperseded(tools: Tools, name: Superseded): Promise<boolean> {
  const { path } = name;
  await using old = await tools.openStored(path);
  if (old !== null && !(await mayGo(tools, old, name))) return false;
  try {
    if (old !== null) await unlink(path);
    // Also of a name that is gone: a kill may have come before this.
    await syncFolder(dirname(path));
  } catch (error) {
    if (old === null && systemCodeOf(error) === 'ENOENT') return true; // so is its folder
    throw diskFailure('ORIGINAL_UNREADABLE', { path }, error);
  }
  return true;
}

async function mayGo(
  { hasher, openStored }: Tools,
  old: SourceFile,
  { keptPath, fileHash }: Superseded,
): Promise<boolean> {
  await using kept = await openStored(keptPath);
  if (kept === null || (await hashOf(hasher, kept)) !== fileHash) return false;
  const isOneFile = old.identity.device === kept.identity.device && old.identity.inode === kept.identity.inode;
  // Two spellings of one name, where letters count alike, would be the only name that it has.
  if (isOneFile) return await hasOtherNames(old);
  return (await hashOf(hasher, old)) === fileHash;
}
