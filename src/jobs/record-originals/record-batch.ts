import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toInstantText } from '../../core/instant.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import { diskFailure, storageUnusable } from '../../io/disk/disk-failure.ts';
import { syncFoldersUpTo } from '../../io/disk/folders.ts';
import type { Asking } from '../../ledger/connect.ts';
import { type FoundPhoto, recordFound } from '../../ledger/record-found.ts';
import type { OriginalItem } from './ends.ts';

export type BatchTools = {
  readonly connection: Asking;
  readonly storageDir: string;
  /** Throws unless the storage is the library's own and is really there. */
  readonly requireStorage: () => Promise<void>;
};

/**
 * Records photos where they lie, once their names are on the disk, too (I2). What the database refuses of a batch is
 * tried one by one, so that one bad value costs one photo.
 *
 * @throws FactoryError STORAGE_MISMATCH, STORAGE_UNUSABLE
 */
export async function recordBatch(tools: BatchTools, batch: readonly FoundPhoto[]): Promise<readonly OriginalItem[]> {
  await tools.requireStorage();
  const folders = new Set(batch.map(({ finalPath }) => dirname(finalPath)));
  await syncFoldersUpTo(tools.storageDir, folders).catch((error: unknown) => {
    throw storageUnusable(tools.storageDir, error);
  });
  const still: FoundPhoto[] = [];
  const ends: OriginalItem[] = [];
  for (const photo of batch) {
    const message = await whyNotThat(photo);
    if (message === null) still.push(photo);
    else ends.push({ path: photo.finalPath, end: 'failed', message });
  }
  return [...ends, ...(await record(tools.connection, still))];
}

async function record(connection: Asking, photos: readonly FoundPhoto[]): Promise<readonly OriginalItem[]> {
  if (photos.length === 0) return [];
  try {
    const records = await connection.ask(() => recordFound(connection.db, photos));
    return photos.map(({ finalPath: path }, index): OriginalItem => {
      const end = records[index];
      if (end?.kind === 'second copy')
        return { path, end: 'copies', message: `The same photo: ${end.asset.finalPath}` };
      if (end?.kind === 'path taken') return { path, end: 'failed', message: 'The ledger has another photo here.' };
      return { path, end: 'recorded', message: null };
    });
  } catch (error) {
    // SQLSTATE classes 22 and 23: a value or a row that the database does not take.
    if (!/^2[23]/.test(systemCodeOf(error) ?? '')) throw error;
    const [first] = photos;
    if (photos.length === 1 && first !== undefined)
      return [{ path: first.finalPath, end: 'failed', message: `The database refused the row: ${reasonOf(error)}.` }];
    const ends: OriginalItem[] = [];
    for (const photo of photos) ends.push(...(await record(connection, [photo])));
    return ends;
  }
}

/** @returns null when it still is the photo that was read */
async function whyNotThat({ finalPath, sizeBytes, fileMtime }: FoundPhoto): Promise<string | null> {
  try {
    const stat = await lstat(finalPath, { bigint: true });
    if (stat.isFile() && stat.size === sizeBytes && toInstantText(stat.mtimeNs) === fileMtime) return null;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') return diskFailure('READ_FAILED', {}, error).message;
  }
  return 'It changed before it was recorded. Run it again.';
}
