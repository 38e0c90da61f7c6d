import { dirname } from 'node:path';
import { identityOf } from '../../core/inbox-file.ts';
import { FactoryError, systemCodeOf } from '../../errors.ts';
import { disk } from './calls.ts';
import { cloneToTemporary, copyToTemporary, draftIn } from './copy-original.ts';
import { syncFolder } from './folders.ts';
import type { Hasher } from './hasher.ts';
import type { PrivateFolder } from './private-folder.ts';
import { isStillUntouched, type SourceFile } from './source-file.ts';

type Separating = {
  readonly privateFolder: PrivateFolder;
  readonly hasher: Hasher;
  readonly signal: AbortSignal;
};

/**
 * Gives a stored photo bytes of its own, should it share them with an inbox file that is to stay: a crash of move mode
 * leaves such a link, and in copy mode whoever edits the inbox file would edit the original.
 *
 * What the rename replaces is a second name of the very file that the inbox has, so no bytes go with it.
 *
 * @throws FactoryError PLACE_FAILED when the inbox file changes meanwhile; COPY_MISMATCH, SYNC_FAILED; the signal's reason
 */
export async function separateOriginal(
  { privateFolder: { incoming }, hasher, signal }: Separating,
  source: SourceFile,
  { sha256, path }: { readonly sha256: string; readonly path: string },
): Promise<void> {
  // It may have bytes of its own only since a process that was killed before it synced them.
  if (!(await isSameInode(source, path))) return await syncFolder(dirname(path));
  const draft = draftIn(incoming, source);
  const copy =
    (await cloneToTemporary(source, draft)) ?? (await copyToTemporary(source, { sha256, draft, hasher, signal }));
  if (copy === null) throw changed(path);
  try {
    if (!(await isStillUntouched(source)) || !(await isSameInode(source, path))) throw changed(path);
    await disk.rename(copy.path, path);
  } catch (error) {
    await disk.unlink(copy.path).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Whether a name leads to this very file. */
export async function isSameInode({ identity }: Pick<SourceFile, 'identity'>, path: string): Promise<boolean> {
  try {
    const stored = identityOf(await disk.lstat(path, { bigint: true }));
    return stored.device === identity.device && stored.inode === identity.inode;
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function changed(path: string): FactoryError {
  return new FactoryError('PLACE_FAILED', { path, reason: 'the file changed meanwhile', advice: 'It is tried again.' });
}
