import { adviseOnDisk } from '../../core/disk-advice.ts';
import { FactoryError, type FailureCode, type FailureDetails, reasonOf, systemCodeOf } from '../../errors.ts';
import type { OpenFile } from './calls.ts';

/** A failure that the disk is behind, by name, with what it said and what can be done; one that has a name keeps it. */
export function diskFailure(code: FailureCode, details: FailureDetails, error: unknown): FactoryError {
  if (error instanceof FactoryError) return error;
  const advice = adviseOnDisk(systemCodeOf(error));
  return new FactoryError(code, { ...details, reason: reasonOf(error), advice }, error);
}

/** What it is called when nothing can be filed at all. */
export function storageUnusable(path: string, error: unknown): FactoryError {
  const advice = adviseOnDisk(systemCodeOf(error));
  return new FactoryError('STORAGE_UNUSABLE', { path, reason: reasonOf(error), advice }, error);
}

/** Closes a file with which all is done: what was read was read, what was written was synced before. */
export async function closeQuietly(handle: Pick<OpenFile, 'close'>): Promise<void> {
  await handle.close().catch(() => undefined); // the descriptor is free all the same, and nothing is left to fail
}
