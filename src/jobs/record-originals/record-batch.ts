import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toInstantText } from '../../core/instant.ts';
import { reasonOf, systemCodeOf } from '../../errors.ts';
import { isBelow, syncFolder } from '../../io/disk/folders.ts';
import { again } from '../../ledger/again.ts';
import type { Database } from '../../ledger/connect.ts';
import { type FoundPhoto, recordFound } from '../../ledger/record-found.ts';
import type { OriginalItem } from './ends.ts';

export type BatchTools = {
  readonly db: Database;
  readonly storageDir: string;
  /** Throws unless the storage is the library's own and is really there. */
  readonly requireStorage: () => Promise<void>;
};

/**
 * Records photos where they lie, once their names are on the disk, too (I2). What the database refuses of a batch is
 * tried one by one, so that one bad value costs one photo.
 */
export async function recordBatch(tools: BatchTools, batch: readonly FoundPhoto[]): Promise<readonly OriginalItem[]> {
  await tools.requireStorage();
  await syncFolders(tools.storageDir, batch);
  const still: FoundPhoto[] = [];
  const ends: OriginalItem[] = [];
  for (const photo of batch) {
    if (await isStillThat(photo)) still.push(photo);
    else
      ends.push({ path: photo.finalPath, end: 'failed', message: 'It changed before it was recorded. Run it again.' });
  }
  return [...ends, ...(await record(tools.db, still))];
}

async function record(db: Database, photos: readonly FoundPhoto[]): Promise<readonly OriginalItem[]> {
  if (photos.length === 0) return [];
  try {
    const records = await again(() => recordFound(db, photos));
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
    for (const photo of photos) ends.push(...(await record(db, [photo])));
    return ends;
  }
}

async function isStillThat({ finalPath, sizeBytes, fileMtime }: FoundPhoto): Promise<boolean> {
  const stat = await lstat(finalPath, { bigint: true }).catch(() => null); // gone is changed
  return stat?.isFile() === true && stat.size === sizeBytes && toInstantText(stat.mtimeNs) === fileMtime;
}

/** The folders of these files and those above them, up to the storage. */
async function syncFolders(storageDir: string, batch: readonly FoundPhoto[]): Promise<void> {
  const folders = new Set<string>();
  for (const { finalPath } of batch) {
    for (let at = dirname(finalPath); isBelow(storageDir, at) && !folders.has(at); at = dirname(at)) folders.add(at);
  }
  for (const folder of folders) await syncFolder(folder);
}
