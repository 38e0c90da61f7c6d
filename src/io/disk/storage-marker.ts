import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { adviseOnDisk } from '../../core/disk-advice.ts';
import { MARKER_NAME, type StorageMarker } from '../../core/library-match.ts';
import { FactoryError, reasonOf, systemCodeOf } from '../../errors.ts';
import { closeQuietly } from './disk-failure.ts';
import { syncFolder } from './folders.ts';
import { requirePrivateFolder } from './private-folder.ts';
import { publish } from './publish.ts';

const Marker = z.object({ id: z.guid().transform((id) => id.toLowerCase()), created: z.string() });

const NOTE =
  'This folder holds the photos of a Photo Factory library. This file ties them to their ledger: keep it with the photos.';

/**
 * Reads which library this storage belongs to.
 *
 * @returns null when the storage carries no marker, as a new one does, or the empty folder below an unmounted disk
 * @throws FactoryError STORAGE_UNUSABLE when there is one and it cannot be read or understood
 */
export async function readMarker(storageDir: string): Promise<StorageMarker | null> {
  let text: string;
  try {
    text = await readFile(markerPath(storageDir), 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null;
    throw unusable(storageDir, `${MARKER_NAME} cannot be read: ${reasonOf(error)}`, error);
  }
  if (text === '') return null; // a placeholder that a crash left
  try {
    return Marker.parse(JSON.parse(text));
  } catch (error) {
    throw unusable(storageDir, `${MARKER_NAME} does not say which library this is`, error);
  }
}

/**
 * Marks a storage as that of library `id`, for ever; on the disk when this returns.
 *
 * The file appears whole or not at all, and never replaces another: two programs at once end with one marker.
 *
 * @param created an instant in ISO 8601
 * @throws FactoryError STORAGE_UNUSABLE, STORAGE_MISMATCH when somebody else was faster
 */
export async function createMarker(storageDir: string, { id, created }: StorageMarker): Promise<void> {
  const text = `${JSON.stringify({ id, created, note: NOTE }, null, 2)}\n`;
  try {
    // Where the next start clears up what a crash leaves.
    const temporary = join((await requirePrivateFolder(storageDir)).incoming, randomUUID());
    await writeSynced(temporary, text);
    try {
      await publishMarker(temporary, markerPath(storageDir));
    } finally {
      await rm(temporary, { force: true });
    }
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw unusable(storageDir, reasonOf(error), error);
  }
  await secureMarker(storageDir);
  await requireMarker(storageDir, id);
}

/**
 * Makes the name of a marker last that is there: whoever made it may have died before, or may be about to.
 *
 * @throws FactoryError STORAGE_UNUSABLE
 */
export async function secureMarker(storageDir: string): Promise<void> {
  try {
    await syncFolder(storageDir);
  } catch (error) {
    throw unusable(storageDir, reasonOf(error), error instanceof FactoryError ? error.cause : error);
  }
}

/**
 * The same for a marker that somebody copied there, whose bytes may not be on the disk either.
 *
 * @throws FactoryError STORAGE_UNUSABLE
 */
export async function secureCopiedMarker(storageDir: string): Promise<void> {
  try {
    const file = await open(markerPath(storageDir), 'r');
    await file.sync().finally(() => closeQuietly(file));
  } catch (error) {
    throw unusable(storageDir, reasonOf(error), error);
  }
  await secureMarker(storageDir);
}

/**
 * Makes sure that the storage is still there and still the same: one small read, for before every batch.
 *
 * @throws FactoryError STORAGE_MISMATCH when the marker is gone or another's, STORAGE_UNUSABLE when it cannot be read
 */
export async function requireMarker(storageDir: string, id: string): Promise<void> {
  const marker = await readMarker(storageDir);
  if (marker?.id === id.toLowerCase()) return;
  throw new FactoryError('STORAGE_MISMATCH', {
    path: storageDir,
    reason: marker === null ? `${MARKER_NAME} is gone` : `it belongs to library ${marker.id} now`,
    advice: 'Mount the disk with the photos again; nothing is filed until then.',
  });
}

/** An empty marker is a placeholder that a crash left, and is as good as none. */
async function publishMarker(temporary: string, path: string): Promise<void> {
  try {
    await publish(temporary, path);
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST' || (await stat(path)).size > 0) throw error;
    await rename(temporary, path);
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o644);
  await file.writeFile(text);
  await file.sync();
}

function markerPath(storageDir: string): string {
  return join(storageDir, MARKER_NAME);
}

function unusable(path: string, reason: string, cause: unknown): FactoryError {
  if (cause instanceof FactoryError) return cause;
  const code = systemCodeOf(cause);
  const advice = code === null ? 'Run "photo-factory doctor".' : adviseOnDisk(code);
  return new FactoryError('STORAGE_UNUSABLE', { path, reason, advice }, cause);
}
