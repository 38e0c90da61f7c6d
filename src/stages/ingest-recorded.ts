import { openStoredFile, type SourceFile } from '../io/disk/source-file.ts';
import type { IngestTools } from './ingest-tools.ts';

/**
 * Opens the file of a row. Whoever is told that it is not there never comes back to it, so it is looked for twice, and in
 * between it is made sure that the storage is there.
 *
 * @returns null when nothing that could be read is there
 * @throws FactoryError ORIGINAL_UNREADABLE, or what speaks against the storage
 */
export async function openRecorded(
  { requireStorage }: Pick<IngestTools, 'requireStorage'>,
  path: string,
): Promise<SourceFile | null> {
  const stored = await openStoredFile(path);
  if (stored !== null) return stored;
  await requireStorage();
  return await openStoredFile(path);
}
