import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { eachAtOnce } from '../../core/each-at-once.ts';
import { FactoryError } from '../../errors.ts';
import { sweepFolder } from '../inbox/sweep.ts';
import { storageUnusable } from './disk-failure.ts';
import { isTakenOnDisk, syncFoldersUpTo } from './folders.ts';
import { syncFoldersAbove } from './library-folder.ts';
import { openStoredFile, syncData } from './source-file.ts';
import { secureCopiedMarker } from './storage-marker.ts';

const SYNCED_AT_ONCE = 16;

/**
 * Makes all that is stored outlast a power cut: the bytes of every file, all folders, the marker, and the folders above the
 * storage. Whoever copied it there may have left it in the cache.
 *
 * @throws FactoryError STORAGE_UNUSABLE; the signal's reason
 */
export async function secureStorage(storageDir: string, signal: AbortSignal): Promise<void> {
  for (const root of ['Originals', 'Duplicates']) await secureFiles(join(storageDir, root), signal);
  await secureCopiedMarker(storageDir); // and the storage, for the names in it
  await orUnusable({ path: storageDir, signal }, async () => await syncFoldersAbove(await realpath(storageDir)));
}

async function secureFiles(root: string, signal: AbortSignal): Promise<void> {
  const folders = new Set<string>();
  const secureFile = async (path: string) => {
    await orUnusable({ path, signal }, async () => {
      await using stored = await openStoredFile(path);
      if (stored === null) return; // gone since it was found
      await syncData(stored);
      folders.add(dirname(path));
    });
  };
  await orUnusable({ path: root, signal }, async () => {
    if (await isTakenOnDisk(root)) await eachAtOnce(filesBelow(root, signal), SYNCED_AT_ONCE, secureFile);
    await syncFoldersUpTo(root, folders);
  });
}

async function* filesBelow(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const batch of sweepFolder(folder, signal, 'bookkeeping'))
    for (const found of batch) if (found.kind === 'file') yield found.file.path;
}

async function orUnusable(
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
  secure: () => Promise<void>,
): Promise<void> {
  try {
    await secure();
    signal.throwIfAborted();
  } catch (error) {
    signal.throwIfAborted(); // nothing is wrong with the storage then
    if (error instanceof FactoryError && error.code === 'STORAGE_UNUSABLE') throw error;
    throw storageUnusable(path, error instanceof FactoryError ? (error.cause ?? error) : error);
  }
}
