import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskFailure } from './disk-failure.ts';
import { syncFolder } from './folders.ts';
import type { Hasher } from './hasher.ts';
import { hashOf, openStoredFile } from './source-file.ts';

/**
 * Removes a name below Originals whose file is kept under another one. Both are read first: nothing goes unless the kept
 * file is whole, and nothing goes that is other content.
 *
 * @returns whether the name is gone; false when it stays, because one of the two is not what it should be
 * @throws FactoryError ORIGINAL_UNREADABLE
 */
export async function removeSuperseded(
  hasher: Hasher,
  { path, keptPath, fileHash }: { readonly path: string; readonly keptPath: string; readonly fileHash: string },
): Promise<boolean> {
  await using old = await openStoredFile(path);
  if (old === null) return true;
  await using kept = await openStoredFile(keptPath);
  if (kept === null || (await hashOf(hasher, kept)) !== fileHash) return false;
  const isOneFile = old.identity.device === kept.identity.device && old.identity.inode === kept.identity.inode;
  if (isOneFile) {
    // Two spellings of one name, where letters count alike, would be the only name that it has.
    if ((await old.handle.stat()).nlink < 2) return false;
  } else if ((await hashOf(hasher, old)) !== fileHash) return false;
  try {
    await unlink(path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw diskFailure('ORIGINAL_UNREADABLE', { path }, error);
  }
  return true;
}
