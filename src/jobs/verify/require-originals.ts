import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { FactoryError, reasonOf } from '../../errors.ts';
import { findWhereOriginalsLie } from '../../ledger/verification.ts';
import type { VerifyTools } from './verify-tools.ts';

/**
 * Makes sure that originals can be missed at all: that this is the storage, and that its folder of originals has not gone
 * away under it. A folder that is empty where the ledger knows photos is a disk that is not mounted, or a loss that no
 * list of files tells better.
 *
 * @throws FactoryError STORAGE_MISMATCH, STORAGE_UNUSABLE
 */
export async function requireOriginals({
  requireStorage,
  storageDir,
}: Pick<VerifyTools, 'requireStorage' | 'storageDir'>) {
  await requireStorage();
  const path = join(storageDir, 'Originals');
  const reason = await whyEmpty(path);
  if (reason === null) return;
  throw new FactoryError('STORAGE_UNUSABLE', {
    path,
    reason,
    advice:
      'Mount the disk with the photos; if they are really gone, restore the folder from a backup. Nothing was changed.',
  });
}

async function whyEmpty(path: string): Promise<string | null> {
  try {
    await using folder = await opendir(path);
    return (await folder.read()) === null ? 'it is empty, and the ledger knows photos in it' : null;
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * Makes sure that the ledger speaks of this folder. After the storage was moved its paths lead elsewhere, and every photo
 * would be missing.
 *
 * @throws FactoryError STORAGE_MISMATCH
 */
export async function requireRecordedHere({
  connection: { db, ask },
  storageDir,
}: Pick<VerifyTools, 'connection' | 'storageDir'>): Promise<void> {
  const { someBelow, elsewhere } = await ask(() => findWhereOriginalsLie(db, join(storageDir, 'Originals')));
  if (someBelow || elsewhere === null) return;
  throw new FactoryError('STORAGE_MISMATCH', {
    path: storageDir,
    reason: `the ledger has its photos elsewhere, like ${elsewhere}`,
    advice:
      'If the storage was moved, set STORAGE_DIR to where it was, or move the paths along: photo-factory relocate.',
  });
}
